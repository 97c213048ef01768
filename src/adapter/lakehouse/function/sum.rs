//! `sum`: of integers it is the next wider type, of `bigint` a decimal, and decimals are summed with
//! a check where their digits do not rule an overflow out.

use std::collections::HashSet;
use std::mem::size_of;
use std::sync::Arc;

use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::functions_aggregate::sum::Sum;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature, Volatility,
};
use deltalake::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef};

use super::arithmetic::fits;
use super::refuse;

/// Decimals of so many digits can be summed ten thousand million times before they overflow.
const SAFE_DIGITS: u8 = 28;

/// The aggregate function.
pub(super) fn sum() -> AggregateUDF {
    AggregateUDF::from(CheckedSum { inner: Sum::new(), signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedSum {
    inner: Sum,
    signature: Signature,
}

/// Whether a sum is worked out here: whole numbers, whose sum is of another type, and decimals that
/// need a check.
fn is_ours(kind: &DataType, is_distinct: bool) -> bool {
    match kind {
        DataType::Decimal128(digits, _) => *digits > SAFE_DIGITS || is_distinct,
        kind => kind.is_integer(),
    }
}

fn ours(args: &AccumulatorArgs) -> bool {
    args.expr_fields.first().is_some_and(|field| is_ours(field.data_type(), args.is_distinct))
}

/// Sums on their way, between the steps of an aggregation.
fn state_type(sum: &DataType) -> DataType {
    match sum {
        DataType::Decimal128(_, scale) => DataType::Decimal128(38, *scale),
        _ => DataType::Decimal128(38, 0),
    }
}

/// A column of whole numbers or decimals, unscaled.
fn unscaled(column: &ArrayRef) -> Result<Decimal128Array> {
    let wide = match column.data_type() {
        DataType::Decimal128(..) => Arc::clone(column),
        _ => cast(column, &DataType::Decimal128(20, 0))?,
    };
    Ok(wide.as_primitive::<Decimal128Type>().clone())
}

/// Sums as values of the type that is promised.
fn of_type(sums: Decimal128Array, gives: &DataType) -> Result<ArrayRef> {
    if sums.iter().flatten().any(|sum| !fits(sum)) {
        return overflow();
    }
    match gives {
        DataType::Decimal128(precision, scale) => Ok(Arc::new(sums.with_precision_and_scale(*precision, *scale)?)),
        _ => {
            let narrow = |sum: i128| i64::try_from(sum).or_else(|_| exec_err!("bigint out of range"));
            let sums = sums.iter().map(|sum| sum.map(narrow).transpose()).collect::<Result<Int64Array>>()?;
            Ok(Arc::new(sums))
        }
    }
}

impl AggregateUDFImpl for CheckedSum {
    fn name(&self) -> &str {
        "sum"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [kind] = types else { return refuse("sum", types) };
        Ok(vec![match kind {
            DataType::Null => DataType::Int32,
            DataType::Int8 | DataType::UInt8 => DataType::Int16,
            DataType::UInt16 => DataType::Int32,
            DataType::UInt32 | DataType::UInt64 => DataType::Int64,
            DataType::Float16 | DataType::Float32 => DataType::Float64,
            DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
                DataType::Decimal128(*precision, *scale)
            }
            DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Interval(_)
            | DataType::Duration(_) => kind.clone(),
            _ => return refuse("sum", types),
        }])
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [DataType::Int16 | DataType::Int32] => Ok(DataType::Int64),
            [DataType::Int64] => Ok(DataType::Decimal128(38, 0)),
            _ => self.inner.return_type(types),
        }
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if !ours(&args) {
            return self.inner.accumulator(args);
        }
        let gives = args.return_field.data_type().clone();
        match args.is_distinct {
            true => Ok(Box::new(DistinctSum { gives, values: HashSet::new() })),
            false => Ok(Box::new(RunningSum { gives, sum: None, rows: 0 })),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match ours(&args) && !args.is_distinct {
            true => Ok(Box::new(RunningSum { gives: args.return_field.data_type().clone(), sum: None, rows: 0 })),
            false => self.inner.create_sliding_accumulator(args),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let ours = args.input_fields.first().is_some_and(|field| is_ours(field.data_type(), args.is_distinct));
        if !ours {
            return self.inner.state_fields(args);
        }
        let state = state_type(args.return_field.data_type());
        let state = if args.is_distinct { DataType::new_list(state, true) } else { state };
        Ok(vec![Arc::new(Field::new(format!("{}[sum]", args.name), state, true))])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        if ours(&args) { !args.is_distinct } else { self.inner.groups_accumulator_supported(args) }
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        if !ours(&args) {
            return self.inner.create_groups_accumulator(args);
        }
        Ok(Box::new(GroupSums { gives: args.return_field.data_type().clone(), sums: Vec::new(), seen: Vec::new() }))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

fn overflow<T>() -> Result<T> {
    exec_err!("numeric out of range: the sum has more than 38 digits")
}

/// One sum.
#[derive(Debug)]
struct RunningSum {
    gives: DataType,
    sum: Option<i128>,
    rows: u64,
}

impl Accumulator for RunningSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in unscaled(&values[0])?.iter().flatten() {
            let Some(sum) = self.sum.unwrap_or(0).checked_add(value) else { return overflow() };
            self.sum = Some(sum);
            self.rows += 1;
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in unscaled(&values[0])?.iter().flatten() {
            let Some(sum) = self.sum.unwrap_or(0).checked_sub(value) else { return overflow() };
            self.rows = self.rows.saturating_sub(1);
            self.sum = (self.rows > 0).then_some(sum);
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        scalar(self.sum, &self.gives)
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![scalar(self.sum, &state_type(&self.gives))?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

fn scalar(sum: Option<i128>, gives: &DataType) -> Result<ScalarValue> {
    ScalarValue::try_from_array(&of_type(Decimal128Array::from(vec![sum]), gives)?, 0)
}

/// The sum of values that differ.
#[derive(Debug)]
struct DistinctSum {
    gives: DataType,
    values: HashSet<i128>,
}

impl Accumulator for DistinctSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.values.extend(unscaled(&values[0])?.iter().flatten());
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut sum = None;
        for value in &self.values {
            let Some(more) = sum.unwrap_or(0_i128).checked_add(*value) else { return overflow() };
            sum = Some(more);
        }
        scalar(sum, &self.gives)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.values.capacity() * size_of::<i128>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let kind = state_type(&self.gives);
        let values = self.values.iter().map(|value| scalar(Some(*value), &kind)).collect::<Result<Vec<_>>>()?;
        Ok(vec![ScalarValue::List(ScalarValue::new_list(&values, &kind, true))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for values in states[0].as_list::<i32>().iter().flatten() {
            self.update_batch(&[values])?;
        }
        Ok(())
    }
}

/// A sum for each group.
#[derive(Debug)]
struct GroupSums {
    gives: DataType,
    sums: Vec<i128>,
    seen: Vec<bool>,
}

impl GroupSums {
    fn emit(&mut self, emit_to: EmitTo, gives: &DataType) -> Result<ArrayRef> {
        let (sums, seen) = (emit_to.take_needed(&mut self.sums), emit_to.take_needed(&mut self.seen));
        of_type(sums.into_iter().zip(seen).map(|(sum, seen)| seen.then_some(sum)).collect(), gives)
    }
}

impl GroupsAccumulator for GroupSums {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.sums.resize(total, 0);
        self.seen.resize(total, false);
        let values = unscaled(&values[0])?;
        for (row, &group) in groups.iter().enumerate() {
            let counted = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if !counted || values.is_null(row) {
                continue;
            }
            let Some(sum) = self.sums[group].checked_add(values.value(row)) else { return overflow() };
            self.sums[group] = sum;
            self.seen[group] = true;
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let gives = self.gives.clone();
        self.emit(emit_to, &gives)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let state = state_type(&self.gives);
        Ok(vec![self.emit(emit_to, &state)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.update_batch(values, groups, None, total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let mut each = Self { gives: self.gives.clone(), sums: Vec::new(), seen: Vec::new() };
        let rows = values[0].len();
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<i128>() + self.seen.capacity()
    }
}
