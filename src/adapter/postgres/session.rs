//! One connection at work. Everything but `copy` and `prepare` goes by the simple protocol: a text
//! of any number of statements, one round trip.

use std::time::Instant;

use ::arrow::datatypes::SchemaRef as ArrowSchema;
use async_trait::async_trait;
use futures::{SinkExt, StreamExt, pin_mut};
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::dialect::{PostgresDialect, Trust, shared_key_query};
use super::pool::{Lease, LeaseState};
use super::transaction::Transaction;
use super::unit::{Answer, MARKER, Unit};
use super::{arrow, catalog, copy, error, response, transfer};
use crate::adapter::{AdapterError, Load, Maintenance, RowStream, Session, Tap, Upkeep};
use crate::outcome::AdapterResponse;
use crate::relation::{Column, Grants, IndexSpec, Relation, RelationOp, Table};

/// A session of the pool.
pub(super) struct PostgresSession {
    pub(super) lease: Lease,
    dialect: PostgresDialect,
    transaction: Transaction,
    pub(super) tap: Tap,
}

/// What came back for one text.
#[derive(Default)]
struct Reply {
    answers: Vec<Answer>,
    names: Vec<String>,
    rows: Vec<SimpleQueryRow>,
}

/// Lets a unit be tried again within an open transaction.
const SAVEPOINT: &str = "savepoint aq_unit";

impl PostgresSession {
    pub(super) fn new(lease: Lease, dialect: PostgresDialect) -> Self {
        Self { lease, dialect, transaction: Transaction::None, tap: Tap::default() }
    }

    /// The rows of a query of our own, as the server writes them.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<SimpleQueryRow>, AdapterError> {
        Ok(self.send_own(sql, true).await?.rows)
    }

    /// Sends a text and waits until the server is through with it. Keeps rows only if asked to.
    async fn send(&mut self, text: &str, keep_rows: bool) -> Result<Reply, tokio_postgres::Error> {
        let before = std::mem::replace(&mut self.lease.state, LeaseState::Busy);
        let began = Instant::now();
        let outcome = receive(self.lease.client(), &self.tap.send(text), keep_rows).await;
        if let Ok(reply) = &outcome {
            self.tap.answered(|| response::of_text(text, reply.last_count()).message, began.elapsed());
        }
        self.settle(before, &outcome);
        outcome
    }

    /// Notes what a finished request left behind.
    fn settle<T>(&mut self, before: LeaseState, outcome: &Result<T, tokio_postgres::Error>) {
        self.transaction = self.transaction.after_statement(outcome.is_err());
        self.lease.state = match (outcome, self.transaction) {
            (Err(failure), _) if error::ends_connection(failure) => LeaseState::Lost,
            (_, Transaction::None) => before,
            _ => LeaseState::Touched,
        };
    }

    /// Marks the connection as one that needs cleaning before another session has it.
    fn touch(&mut self) {
        self.lease.state = self.lease.state.max(LeaseState::Touched);
    }

    /// Runs a text of the user's own behind what the transaction needs; offsets are of the user's.
    async fn send_own(&mut self, sql: &str, keep_rows: bool) -> Result<Reply, AdapterError> {
        self.transaction.refuse_if_failed()?;
        let prefix = self.transaction.leading().map(|begin| format!("{begin};\n")).unwrap_or_default();
        let text = format!("{prefix}{sql}");
        self.send(&text, keep_rows).await.map_err(|failure| {
            let error = self.of_text(&failure, &text);
            let query_offset = error.query_offset.and_then(|offset| offset.checked_sub(prefix.len()));
            AdapterError { query_offset, ..error }
        })
    }

    /// An error of a text that was sent behind the comment; offsets are of the text.
    fn of_text(&self, failure: &tokio_postgres::Error, text: &str) -> AdapterError {
        let prefix = self.tap.prefix();
        let error = error::of_statement(failure, &format!("{prefix}{text}"));
        let query_offset = error.query_offset.and_then(|offset| offset.checked_sub(prefix.len()));
        AdapterError { query_offset, ..error }
    }

    fn of_unit(&self, failure: &tokio_postgres::Error, unit: &Unit) -> AdapterError {
        let error = self.of_text(failure, &unit.text);
        AdapterError { query_offset: error.query_offset.and_then(|offset| unit.query_offset(offset)), ..error }
    }

    fn unit(&self, ops: &[RelationOp], trust: Trust, leading: &[&str]) -> Unit {
        Unit::new(leading, ops.iter().map(|op| self.dialect.statements(op, trust)).collect())
    }

    async fn run(&mut self, unit: &Unit) -> Result<AdapterResponse, tokio_postgres::Error> {
        Ok(unit.response(&self.send(&unit.text, false).await?.answers))
    }

    async fn flush_begin(&mut self) -> Result<(), AdapterError> {
        match self.transaction.leading() {
            Some(begin) => self.send(begin, false).await.map(drop).map_err(|failure| error::of_request(&failure)),
            None => Ok(()),
        }
    }

    /// The second attempt at a unit: the picture the caller had of the warehouse was wrong, so the
    /// server looks for itself.
    async fn apply_distrustfully(&mut self, ops: &[RelationOp]) -> Result<AdapterResponse, AdapterError> {
        let unit = self.unit(ops, Trust::Nothing, &[]);
        if self.transaction != Transaction::None {
            let back = format!("rollback to {SAVEPOINT}");
            self.send(&back, false).await.map_err(|failure| error::of_request(&failure))?;
            self.transaction = Transaction::Open;
        }
        let outcome = self.run(&unit).await;
        outcome.map_err(|failure| self.of_unit(&failure, &unit))
    }

    /// Adds to a merge's error which key it was: the server does not tell.
    async fn name_shared_key(&mut self, ops: &[RelationOp], error: AdapterError) -> AdapterError {
        let mut merges = ops.iter().filter_map(|op| if let RelationOp::Merge(merge) = op { Some(merge) } else { None });
        let (Some("21000"), Some(merge)) = (error.sqlstate.as_deref(), merges.next()) else { return error };
        let back =
            if self.transaction == Transaction::None { String::new() } else { format!("rollback to {SAVEPOINT};") };
        let reply = self.send(&format!("{back}{}", shared_key_query(merge)), true).await;
        // The error being told of is that of the merge, whatever becomes of this question.
        let detail = reply.ok().and_then(|reply| reply.rows.first()?.get(0).map(str::to_owned));
        AdapterError { detail: detail.or(error.detail), ..error }
    }
}

async fn receive(client: &Client, text: &str, keep_rows: bool) -> Result<Reply, tokio_postgres::Error> {
    let stream = client.simple_query_raw(text).await?;
    pin_mut!(stream);
    let mut reply = Reply::default();
    while let Some(message) = stream.next().await {
        match message? {
            SimpleQueryMessage::CommandComplete(count) => reply.answers.push(Answer::Complete(count)),
            SimpleQueryMessage::RowDescription(columns) => {
                if columns.first().is_some_and(|column| column.name() == MARKER) {
                    reply.answers.push(Answer::Marker);
                }
                reply.names = columns.iter().map(|column| column.name().to_owned()).collect();
                reply.rows.clear();
            }
            SimpleQueryMessage::Row(row) if keep_rows => reply.rows.push(row),
            _ => {}
        }
    }
    Ok(reply)
}

impl Reply {
    fn last_count(&self) -> Option<u64> {
        self.answers.iter().rev().find_map(|answer| match answer {
            Answer::Complete(count) => Some(*count),
            Answer::Marker => None,
        })
    }
}

#[async_trait]
impl Session for PostgresSession {
    fn attach(&mut self, tap: Tap) {
        self.tap = tap;
    }

    async fn query(&mut self, sql: &str) -> Result<(Table, AdapterResponse), AdapterError> {
        if !response::only_reads(sql) {
            self.touch();
        }
        // The simple protocol tells names and texts, `prepare` tells types; they travel together.
        // A text of several statements cannot be prepared, and to try would end an open transaction: its
        // columns are read as text.
        let preparing = self.lease.share();
        let describe =
            async { if response::is_one_statement(sql) { preparing.prepare(sql).await.map(Some) } else { Ok(None) } };
        let (described, reply) = futures::join!(describe, self.send_own(sql, true));
        let reply = match (reply, &described) {
            // Within a transaction it is the first of the two that says what is wrong.
            (Err(error), Err(first)) if error.sqlstate.as_deref() == Some("25P02") => {
                return Err(error::of_statement(first, sql));
            }
            (reply, _) => reply?,
        };
        let types = described.ok().flatten().map(|statement| arrow::types(statement.columns())).unwrap_or_default();
        let table = arrow::table(&reply.names, &types, &reply.rows)?;
        Ok((table, response::of_text(sql, reply.last_count())))
    }

    async fn execute(&mut self, sql: &str) -> Result<AdapterResponse, AdapterError> {
        self.touch();
        let reply = self.send_own(sql, false).await?;
        Ok(response::of_text(sql, reply.last_count()))
    }

    async fn apply(&mut self, ops: &[RelationOp]) -> Result<AdapterResponse, AdapterError> {
        self.transaction.refuse_if_failed()?;
        let leading: Vec<&str> = match self.transaction {
            Transaction::None => Vec::new(),
            _ => self.transaction.leading().into_iter().chain([SAVEPOINT]).collect(),
        };
        let unit = self.unit(ops, Trust::Hint, &leading);
        if unit.is_empty() {
            return Ok(AdapterResponse::default());
        }
        if ops.iter().any(|op| matches!(op, RelationOp::Statement(_) | RelationOp::CreateTemporaryTable { .. })) {
            self.touch();
        }
        match self.run(&unit).await {
            Ok(response) => Ok(response),
            Err(failure) if error::is_wrong_picture(&failure) => self.apply_distrustfully(ops).await,
            Err(failure) => {
                let error = self.of_unit(&failure, &unit);
                Err(self.name_shared_key(ops, error).await)
            }
        }
    }

    async fn load(&mut self, load: &Load<'_>) -> Result<AdapterResponse, AdapterError> {
        self.transaction.refuse_if_failed()?;
        self.flush_begin().await?;
        let before = std::mem::replace(&mut self.lease.state, LeaseState::Busy);
        let outcome = copy_rows(self.lease.client(), load).await;
        self.settle(before, &outcome);
        let rows = outcome.map_err(|failure| copy::explain(&failure))?;
        Ok(response::of_tag("INSERT", Some(rows)))
    }

    async fn stream(mut self: Box<Self>, sql: &str, wanted: Option<ArrowSchema>) -> Result<RowStream, AdapterError> {
        self.transaction.refuse_if_failed()?;
        self.flush_begin().await?;
        transfer::stream(self, sql, wanted).await
    }

    async fn receive(&mut self, target: &Relation, rows: RowStream) -> Result<AdapterResponse, AdapterError> {
        self.transaction.refuse_if_failed()?;
        self.flush_begin().await?;
        let before = std::mem::replace(&mut self.lease.state, LeaseState::Busy);
        let outcome = transfer::receive(self.lease.client(), target, rows).await;
        self.settle(before, &outcome);
        let received = outcome.map_err(|failure| copy::explain(&failure))?;
        if received.is_err() {
            // The server was told to throw away what had arrived.
            self.transaction = self.transaction.after_statement(true);
            self.touch();
        }
        received.map(|rows| response::of_tag("INSERT", Some(rows)))
    }

    async fn columns(&mut self, relation: &Relation) -> Result<Vec<Column>, AdapterError> {
        let reply = self.send_own(&catalog::columns_query(relation), true).await?;
        Ok(reply.rows.iter().filter_map(catalog::read_column).collect())
    }

    async fn grants(&mut self, relation: &Relation) -> Result<Grants, AdapterError> {
        let reply = self.send_own(&catalog::grants_query(relation), true).await?;
        Ok(catalog::read_grants(&reply.rows))
    }

    async fn indexes(&mut self, relation: &Relation) -> Result<Vec<(String, IndexSpec)>, AdapterError> {
        let reply = self.send_own(&catalog::indexes_query(relation), true).await?;
        Ok(reply.rows.iter().filter_map(catalog::read_index).collect())
    }

    async fn describe(&mut self, sql: &str) -> Result<Vec<Column>, AdapterError> {
        self.transaction.refuse_if_failed()?;
        let before = std::mem::replace(&mut self.lease.state, LeaseState::Busy);
        let outcome = self.lease.client().prepare(sql).await;
        // A prepared statement begins no transaction, but a faulty one ends an open one.
        match (&outcome, self.transaction) {
            (Err(_), Transaction::Open) => self.settle(before, &outcome),
            _ => self.lease.state = before,
        }
        let statement = outcome.map_err(|failure| error::of_statement(&failure, sql))?;
        let Some(query) = catalog::type_names_query(statement.columns()) else { return Ok(Vec::new()) };
        let reply = self.send_own(&query, true).await?;
        let names = statement.columns().iter().map(tokio_postgres::Column::name);
        let types = reply.rows.iter().map(|row| row.get(0).unwrap_or_default());
        Ok(names.zip(types).map(|(name, data_type)| Column::new(name, data_type)).collect())
    }

    /// The server compacts by itself; what a run leaves to do is to free space and to count anew.
    async fn maintain(&mut self, relation: &Relation, maintenance: &Maintenance) -> Result<Vec<String>, AdapterError> {
        if !maintenance.steps.contains(&Upkeep::Vacuum) {
            return Ok(Vec::new());
        }
        if maintenance.dry_run {
            return Ok(vec!["would be vacuumed and analyzed".to_owned()]);
        }
        self.send_own(&format!("vacuum (analyze) {relation}"), false).await?;
        Ok(vec!["vacuumed and analyzed".to_owned()])
    }

    async fn begin(&mut self) -> Result<(), AdapterError> {
        if self.transaction == Transaction::None {
            self.transaction = Transaction::Pending;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), AdapterError> {
        match self.transaction {
            Transaction::None | Transaction::Pending => self.transaction = Transaction::None,
            Transaction::Open => {
                let outcome = self.send("commit", false).await;
                // Also a refused commit ends the transaction.
                self.transaction = Transaction::None;
                outcome.map_err(|failure| error::of_request(&failure))?;
            }
            Transaction::Failed => {
                let refusal = self.transaction.refuse_if_failed();
                self.rollback().await?;
                refusal?;
            }
        }
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), AdapterError> {
        let open = matches!(self.transaction, Transaction::Open | Transaction::Failed);
        self.transaction = Transaction::None;
        if open {
            self.touch();
            self.send("rollback", false).await.map_err(|failure| error::of_request(&failure))?;
        }
        Ok(())
    }
}

async fn copy_rows(client: &Client, load: &Load<'_>) -> Result<u64, tokio_postgres::Error> {
    let sink = client.copy_in(&copy::statement(load.target, load.columns)).await?;
    pin_mut!(sink);
    for chunk in copy::chunks(load.rows) {
        sink.send(chunk).await?;
    }
    sink.finish().await
}
