//! Casts that PostgreSQL carries out otherwise than DataFusion, as calls of our functions.

use datafusion::sql::sqlparser::ast::{
    CastKind, CharacterLength, DataType, ExactNumberInfo, Expr, TimezoneInfo, TypedString, Value,
};

use super::call::{call, number, take};
use crate::adapter::{AdapterError, AdapterErrorKind};

/// Replaces a cast or a typed literal by a call, if it needs one.
///
/// # Errors
/// `Unsupported` for what no function can do.
pub(super) fn rewrite_cast(expr: &mut Expr) -> Result<(), AdapterError> {
    if let Expr::TypedString(TypedString { data_type, value, .. }) = expr
        && let Value::SingleQuotedString(_) = &value.value
        && !matches!(data_type, DataType::Date | DataType::Time(..) | DataType::Interval { .. })
    {
        let literal = Expr::Value(value.clone());
        *expr = super::call::plain_cast(literal, data_type.clone());
    }
    let Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr: inner, data_type, array: false, .. } = expr
    else {
        return Ok(());
    };
    if is_typed_number(inner, data_type) {
        return Ok(());
    }
    if let Some(call) = converted(inner, data_type)? {
        *expr = call;
    }
    Ok(())
}

/// A number that was given its type by us.
fn is_typed_number(inner: &Expr, data_type: &DataType) -> bool {
    let written =
        matches!(inner, Expr::Value(value) if matches!(value.value, Value::Number(_, super::call::AS_WRITTEN)));
    written && matches!(data_type, DataType::Int4(None))
}

fn converted(inner: &mut Expr, data_type: &DataType) -> Result<Option<Expr>, AdapterError> {
    let function = match data_type {
        DataType::Int2(_) | DataType::SmallInt(_) => "aq_int2",
        DataType::Int(_) | DataType::Int4(_) | DataType::Integer(_) => "aq_int4",
        DataType::BigInt(_) | DataType::Int8(_) => "aq_int8",
        DataType::Real | DataType::Float4 => "aq_float4",
        DataType::Float(_) | DataType::Float8 | DataType::Double(_) | DataType::DoublePrecision => "aq_float8",
        DataType::Bool | DataType::Boolean => "aq_bool",
        DataType::Numeric(ExactNumberInfo::None)
        | DataType::Decimal(ExactNumberInfo::None)
        | DataType::Dec(ExactNumberInfo::None) => "aq_numeric",
        DataType::Text | DataType::String(_) => "aq_text",
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::Nvarchar(length) => {
            return Ok(Some(cut(take(inner), *length)));
        }
        DataType::Char(length) | DataType::Character(length) => {
            let length = length.unwrap_or(CharacterLength::IntegerLength { length: 1, unit: None });
            return Ok(Some(cut(take(inner), Some(length))));
        }
        DataType::Bytea => "aq_bytea",
        DataType::Uuid => "aq_uuid",
        DataType::JSON => "aq_json",
        DataType::JSONB => "aq_jsonb",
        DataType::Timestamp(Some(precision), _) if *precision < 6 => {
            return Err(AdapterError::new(
                AdapterErrorKind::Unsupported,
                format!("the lakehouse has no type timestamp({precision}); use date_trunc to cut microseconds"),
            ));
        }
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => "aq_timestamptz",
        DataType::Timestamp(..) => "aq_timestamp",
        _ => return Ok(None),
    };
    Ok(Some(call(function, vec![take(inner)])))
}

fn cut(inner: Expr, length: Option<CharacterLength>) -> Expr {
    match length {
        Some(CharacterLength::IntegerLength { length, .. }) => call("aq_varchar", vec![inner, number(length)]),
        _ => call("aq_text", vec![inner]),
    }
}
