//! Types in three tongues: SQL text (PostgreSQL's words), Arrow, and what Delta can store.

use datafusion::sql::sqlparser::ast::{DataType as SqlType, ExactNumberInfo, TimezoneInfo};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use deltalake::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};

use crate::adapter::{AdapterError, AdapterErrorKind};

/// Digits of a `numeric` without precision: before the point and after it.
const NUMERIC: (u8, i8) = (38, 10);

/// The Arrow type of a SQL type as PostgreSQL understands it; `None` leaves it to DataFusion.
pub(super) fn from_ast(sql_type: &SqlType) -> Option<DataType> {
    Some(match sql_type {
        SqlType::Bool | SqlType::Boolean => DataType::Boolean,
        SqlType::Int2(_) | SqlType::SmallInt(_) | SqlType::TinyInt(_) => DataType::Int16,
        SqlType::Int(_) | SqlType::Int4(_) | SqlType::Integer(_) => DataType::Int32,
        SqlType::Int8(_) | SqlType::BigInt(_) | SqlType::Int64 => DataType::Int64,
        SqlType::Real | SqlType::Float4 => DataType::Float32,
        SqlType::Float(ExactNumberInfo::Precision(bits)) if *bits <= 24 => DataType::Float32,
        SqlType::Float(_) | SqlType::Float8 | SqlType::Float64 => DataType::Float64,
        SqlType::Double(_) | SqlType::DoublePrecision => DataType::Float64,
        SqlType::Numeric(digits) | SqlType::Decimal(digits) | SqlType::Dec(digits) => decimal(digits)?,
        SqlType::Date => DataType::Date32,
        SqlType::Datetime(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
        SqlType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zoned(zone).then(|| "UTC".into())),
        SqlType::Time(_, zone) if !zoned(zone) => DataType::Time64(TimeUnit::Microsecond),
        SqlType::Interval { .. } => DataType::Interval(IntervalUnit::MonthDayNano),
        SqlType::Bytea => DataType::Binary,
        SqlType::Custom(name, _) if name.to_string().eq_ignore_ascii_case("bpchar") => DataType::Utf8View,
        text if is_text(text) => DataType::Utf8View,
        _ => return None,
    })
}

/// Whether a SQL type holds text; lengths are enforced elsewhere.
pub(super) fn is_text(sql_type: &SqlType) -> bool {
    matches!(
        sql_type,
        SqlType::Text
            | SqlType::String(_)
            | SqlType::Varchar(_)
            | SqlType::Nvarchar(_)
            | SqlType::CharacterVarying(_)
            | SqlType::CharVarying(_)
            | SqlType::Character(_)
            | SqlType::Char(_)
            | SqlType::Uuid
            | SqlType::JSON
            | SqlType::JSONB
    )
}

fn zoned(zone: &TimezoneInfo) -> bool {
    matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz)
}

fn decimal(digits: &ExactNumberInfo) -> Option<DataType> {
    let (precision, scale) = match digits {
        ExactNumberInfo::None => NUMERIC,
        ExactNumberInfo::Precision(precision) => (u8::try_from(*precision).ok()?, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => {
            (u8::try_from(*precision).ok()?, i8::try_from(*scale).ok()?)
        }
    };
    // Wider ones are left to DataFusion, which says what is wrong with them.
    (1..=38).contains(&precision).then_some(DataType::Decimal128(precision, scale))
}

/// The Arrow type of a type text, as a table stores it.
///
/// # Errors
/// `Sql` for a text that is no type, `Unsupported` for a type that no table can hold.
pub(super) fn parse(text: &str) -> Result<DataType, AdapterError> {
    let unknown = || AdapterError::new(AdapterErrorKind::Sql, format!("type `{text}` does not exist"));
    let parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(text);
    let parsed = parser.and_then(|mut parser| parser.parse_data_type()).map_err(|_| unknown())?;
    let kind = match &parsed {
        SqlType::Array(element) => {
            let (datafusion::sql::sqlparser::ast::ArrayElemTypeDef::SquareBracket(element, _)
            | datafusion::sql::sqlparser::ast::ArrayElemTypeDef::AngleBracket(element)) = element
            else {
                return Err(unknown());
            };
            DataType::new_list(parse(&element.to_string())?, true)
        }
        other => from_ast(other).ok_or_else(unknown)?,
    };
    stored(&kind).map_err(|_| unstorable(text))
}

/// PostgreSQL's word for an Arrow type.
pub(super) fn text(kind: &DataType) -> String {
    match kind {
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => "smallint".to_owned(),
        DataType::UInt16 | DataType::Int32 => "integer".to_owned(),
        DataType::UInt32 | DataType::Int64 | DataType::UInt64 => "bigint".to_owned(),
        DataType::Float16 | DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double precision".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("numeric({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => "text".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Timestamp(_, None) => "timestamp without time zone".to_owned(),
        DataType::Timestamp(_, Some(_)) => "timestamp with time zone".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time without time zone".to_owned(),
        DataType::Interval(_) | DataType::Duration(_) => "interval".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytea".to_owned()
        }
        DataType::Dictionary(_, value) => text(value),
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) => {
            format!("{}[]", text(item.data_type()))
        }
        DataType::FixedSizeList(item, _) => format!("{}[]", text(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{} {}", field.name(), text(field.data_type()))).collect();
            format!("struct({})", fields.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

/// The type that a table keeps values of a type in.
///
/// # Errors
/// `Unsupported` when Delta has no type for it.
pub(super) fn stored(kind: &DataType) -> Result<DataType, AdapterError> {
    let within = |field: &Field| -> Result<Field, AdapterError> {
        Ok(Field::new(field.name(), stored(field.data_type())?, true).with_metadata(field.metadata().clone()))
    };
    Ok(match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            DataType::Binary
        }
        DataType::Int8 => DataType::Int8,
        DataType::UInt8 | DataType::Int16 => DataType::Int16,
        DataType::UInt16 | DataType::Int32 => DataType::Int32,
        DataType::UInt32 | DataType::Int64 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float32,
        DataType::Boolean | DataType::Float64 | DataType::Date32 => kind.clone(),
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.as_ref().map(|_| "UTC".into())),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => stored_decimal(*precision, *scale),
        DataType::Dictionary(_, value) => stored(value)?,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => DataType::new_list(stored(item.data_type())?, true),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| within(field)).collect::<Result<Vec<_>, _>>()?.into())
        }
        other => return Err(unstorable(&text(other))),
    })
}

/// Delta's decimals have 38 digits and no negative scale.
fn stored_decimal(precision: u8, scale: i8) -> DataType {
    let whole = i16::from(precision) - i16::from(scale);
    let scale = scale.max(0);
    let precision = (whole + i16::from(scale)).clamp(1, 38);
    DataType::Decimal128(u8::try_from(precision).unwrap_or(38), scale.min(38))
}

fn unstorable(type_text: &str) -> AdapterError {
    let mut error = AdapterError::new(
        AdapterErrorKind::Unsupported,
        format!("a table of the lakehouse cannot hold values of type `{type_text}`"),
    );
    error.hint = Some("cast the column to a type that it can hold, such as text or bigint".to_owned());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_texts_come_back() {
        for words in [
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "real",
            "double precision",
            "numeric(18,4)",
            "text",
            "date",
            "timestamp without time zone",
            "timestamp with time zone",
            "bytea",
            "text[]",
            "integer[]",
        ] {
            assert_eq!(text(&parse(words).unwrap()), words);
        }
    }

    #[test]
    fn synonyms_are_understood() {
        for (words, meant) in [
            ("int", "integer"),
            ("INT8", "bigint"),
            ("varchar(10)", "text"),
            ("character varying", "text"),
            ("char(3)", "text"),
            ("float", "double precision"),
            ("float(10)", "real"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamp(3)", "timestamp without time zone"),
            ("numeric", "numeric(38,10)"),
            ("numeric(5)", "numeric(5,0)"),
            ("decimal(5,2)", "numeric(5,2)"),
        ] {
            assert_eq!(text(&parse(words).unwrap()), meant, "{words}");
        }
    }

    #[test]
    fn what_is_no_type_or_has_no_place_is_refused() {
        assert_eq!(parse("intt").unwrap_err().message, "type `intt` does not exist");
        assert_eq!(parse("time").unwrap_err().kind, AdapterErrorKind::Unsupported);
        assert_eq!(parse("interval").unwrap_err().kind, AdapterErrorKind::Unsupported);
    }

    #[test]
    fn wide_and_odd_types_are_stored_in_the_nearest() {
        assert_eq!(stored(&DataType::UInt64).unwrap(), DataType::Int64);
        assert_eq!(stored(&DataType::Null).unwrap(), DataType::Utf8);
        assert_eq!(stored(&DataType::Decimal256(76, 10)).unwrap(), DataType::Decimal128(38, 10));
        assert_eq!(stored(&DataType::Decimal128(5, -2)).unwrap(), DataType::Decimal128(7, 0));
    }
}
