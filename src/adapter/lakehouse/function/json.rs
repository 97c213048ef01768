//! `json` and `jsonb`, which the lakehouse keeps as text.

use std::sync::Arc;

use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ScalarUDF;
use deltalake::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListBuilder, StringArray, StringBuilder,
};
use deltalake::arrow::datatypes::{DataType, Field, Int64Type};
use serde_json::Value;

use super::shown::shown;
use super::{Function, anything, each_text, invalid, strings, texts};

/// The functions.
pub(super) fn functions() -> Vec<ScalarUDF> {
    let document = |args: &[ArrayRef], _: &DataType| each_text(&args[0], |text| Ok(Some(written(&parsed(text)?))));
    let valid =
        |args: &[ArrayRef], _: &DataType| each_text(&args[0], |text| parsed(text).map(|_| Some(text.to_owned())));
    let kind_of =
        |args: &[ArrayRef], _: &DataType| each_text(&args[0], |text| Ok(Some(kind(&parsed(text)?).to_owned())));
    let mut functions = vec![
        Function::new("aq_jsonb", texts, super::text, document).udf(),
        Function::new("aq_json", texts, super::text, valid).udf(),
        Function::new("aq_json_get", document_and_key, super::text, |args, _| get(args, false)).udf(),
        Function::new("aq_json_get_text", document_and_key, super::text, |args, _| get(args, true)).udf(),
        Function::new("aq_json_path", document_and_path, super::text, |args, _| at_path(args, false)).udf(),
        Function::new("aq_json_path_text", document_and_path, super::text, |args, _| at_path(args, true)).udf(),
        Function::new("aq_json_has", texts, |_| Ok(DataType::Boolean), has).udf(),
        contains(),
        Function::new("aq_json_elements", texts, |_| Ok(text_list()), |args, _| elements(args, false)).udf(),
        Function::new("aq_json_elements_text", texts, |_| Ok(text_list()), |args, _| elements(args, true)).udf(),
        Function::new("aq_json_keys", texts, |_| Ok(text_list()), |args, _| keys(args, true)).udf(),
        Function::new("aq_json_keys_as_written", texts, |_| Ok(text_list()), |args, _| keys(args, false)).udf(),
    ];
    for name in ["jsonb_typeof", "json_typeof"] {
        functions.push(Function::new(name, texts, super::text, kind_of).udf());
    }
    for name in ["jsonb_array_length", "json_array_length"] {
        functions.push(Function::new(name, texts, |_| Ok(DataType::Int32), length).udf());
    }
    for name in ["jsonb_extract_path_text", "json_extract_path_text"] {
        functions.push(Function::new(name, texts, super::text, |args, _| extract_path(args, true)).udf());
    }
    for name in ["jsonb_extract_path", "json_extract_path"] {
        functions.push(Function::new(name, texts, super::text, |args, _| extract_path(args, false)).udf());
    }
    functions.push(Function::new("jsonb_build_object", anything, super::text, |args, _| build(args, true)).udf());
    functions.push(Function::new("jsonb_build_array", anything, super::text, |args, _| build(args, false)).udf());
    functions.push(
        Function::new("to_jsonb", anything, super::text, |args, _| {
            let values = values(&args[0])?;
            Ok(Arc::new(values.iter().map(|value| value.as_ref().map(written)).collect::<StringArray>()))
        })
        .udf(),
    );
    functions
}

fn text_list() -> DataType {
    DataType::new_list(DataType::Utf8, true)
}

fn parsed(text: &str) -> Result<Value> {
    serde_json::from_str(text).or_else(|_| invalid("json", text))
}

/// A document as `jsonb` writes it: keys by length and then by bytes, one blank after `:` and `,`.
fn written(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| (key.len(), key.as_bytes().to_vec()));
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), written(value));
            format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A value as a document or as plain text; JSON's null is no text.
fn told(value: &Value, plain: bool) -> Option<String> {
    match value {
        Value::Null if plain => None,
        Value::String(text) if plain => Some(text.clone()),
        other => Some(written(other)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn document_and_key(types: &[DataType]) -> Result<Vec<DataType>> {
    let key = types.get(1).is_some_and(DataType::is_integer);
    Ok(vec![DataType::Utf8, if key { DataType::Int64 } else { DataType::Utf8 }])
}

fn document_and_path(types: &[DataType]) -> Result<Vec<DataType>> {
    let list = types.get(1).is_some_and(DataType::is_nested);
    Ok(vec![DataType::Utf8, if list { text_list() } else { DataType::Utf8 }])
}

/// Works on each document.
fn each(column: &ArrayRef, mut work: impl FnMut(usize, Value) -> Result<Option<String>>) -> Result<ArrayRef> {
    let documents = strings(column)?;
    let mut given = Vec::with_capacity(documents.len());
    for (row, text) in documents.iter().enumerate() {
        given.push(match text {
            Some(text) => work(row, parsed(text)?)?,
            None => None,
        });
    }
    Ok(Arc::new(StringArray::from(given)))
}

fn get(args: &[ArrayRef], plain: bool) -> Result<ArrayRef> {
    if let Some(places) = args[1].as_primitive_opt::<Int64Type>() {
        return each(&args[0], |row, value| {
            let item = places.is_valid(row).then(|| item(&value, places.value(row))).flatten();
            Ok(item.and_then(|item| told(item, plain)))
        });
    }
    let keys = strings(&args[1])?;
    each(&args[0], |row, value| {
        Ok(keys.is_valid(row).then(|| value.get(keys.value(row))).flatten().and_then(|value| told(value, plain)))
    })
}

/// An item of an array; negative places count from the end.
fn item(value: &Value, place: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let place = if place < 0 { place + i64::try_from(items.len()).ok()? } else { place };
    items.get(usize::try_from(place).ok()?)
}

fn step<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Array(_) => item(value, key.trim().parse().ok()?),
        other => other.get(key),
    }
}

fn at_path(args: &[ArrayRef], plain: bool) -> Result<ArrayRef> {
    let paths = shown(&args[1])?;
    each(&args[0], |row, value| {
        if paths.is_null(row) {
            return Ok(None);
        }
        let path = paths.value(row).trim_matches(['{', '}']);
        let mut keys = path.split(',').map(|key| key.trim().trim_matches('"')).filter(|key| !key.is_empty());
        let found = keys.try_fold(&value, step);
        Ok(found.and_then(|value| told(value, plain)))
    })
}

fn extract_path(args: &[ArrayRef], plain: bool) -> Result<ArrayRef> {
    let keys = args[1..].iter().map(strings).collect::<Result<Vec<_>>>()?;
    each(&args[0], |row, value| {
        let found = keys.iter().try_fold(&value, |value, keys| {
            Some(value).filter(|_| keys.is_valid(row)).and_then(|value| step(value, keys.value(row)))
        });
        Ok(found.and_then(|value| told(value, plain)))
    })
}

fn has(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    judged(args, |value, key| {
        Ok(match value {
            Value::Array(items) => items.iter().any(|item| item.as_str() == Some(key)),
            Value::String(text) => text == key,
            other => other.get(key).is_some(),
        })
    })
}

/// Whether all of the second document is in the first.
pub(super) fn contains() -> ScalarUDF {
    Function::new(
        "aq_json_contains",
        texts,
        |_| Ok(DataType::Boolean),
        |args, _| judged(args, |value, part| Ok(covers(value, &parsed(part)?))),
    )
    .udf()
}

fn judged(args: &[ArrayRef], judge: impl Fn(&Value, &str) -> Result<bool>) -> Result<ArrayRef> {
    let (documents, others) = (strings(&args[0])?, strings(&args[1])?);
    let mut given = Vec::with_capacity(documents.len());
    for pair in documents.iter().zip(others.iter()) {
        given.push(match pair {
            (Some(document), Some(other)) => Some(judge(&parsed(document)?, other)?),
            _ => None,
        });
    }
    Ok(Arc::new(BooleanArray::from(given)))
}

/// Whether all of a part is in a whole.
fn covers(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| covers(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            part.iter().all(|part| whole.iter().any(|whole| covers(whole, part)))
        }
        (Value::Array(whole), part) => whole.contains(part),
        (whole, part) => whole == part,
    }
}

fn length(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let documents = strings(&args[0])?;
    let length = |text: &str| match parsed(text)? {
        Value::Array(items) => Ok(Some(i32::try_from(items.len()).unwrap_or(i32::MAX))),
        _ => exec_err!("cannot get array length of a non-array"),
    };
    Ok(Arc::new(documents.iter().map(|text| text.map_or(Ok(None), length)).collect::<Result<Int32Array>>()?))
}

fn lists(column: &ArrayRef, items: impl Fn(Value) -> Result<Vec<Option<String>>>) -> Result<ArrayRef> {
    let documents = strings(column)?;
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(Field::new_list_field(DataType::Utf8, true));
    for text in documents.iter() {
        if let Some(text) = text {
            items(parsed(text)?)?.into_iter().for_each(|item| lists.values().append_option(item));
        }
        lists.append(true);
    }
    Ok(Arc::new(lists.finish()))
}

fn elements(args: &[ArrayRef], plain: bool) -> Result<ArrayRef> {
    lists(&args[0], |value| match value {
        Value::Array(items) => Ok(items.iter().map(|item| told(item, plain)).collect()),
        _ => exec_err!("cannot extract elements from what is no array"),
    })
}

fn keys(args: &[ArrayRef], sorted: bool) -> Result<ArrayRef> {
    lists(&args[0], |value| match value {
        Value::Object(entries) => {
            let mut keys: Vec<String> = entries.into_iter().map(|(key, _)| key).collect();
            if sorted {
                keys.sort_by_key(|key| (key.len(), key.clone()));
            }
            Ok(keys.into_iter().map(Some).collect())
        }
        _ => exec_err!("cannot get keys of what is no object"),
    })
}

/// A column's values as JSON; texts are texts.
fn values(column: &ArrayRef) -> Result<Vec<Option<Value>>> {
    if let Some(lists) = column.as_list_opt::<i32>() {
        let within = |list: ArrayRef| {
            let items = values(&list)?;
            Ok(Value::Array(items.into_iter().map(|item| item.unwrap_or(Value::Null)).collect()))
        };
        return lists.iter().map(|list| list.map(within).transpose()).collect();
    }
    let texts = shown(column)?;
    let value = |text: &str| match column.data_type() {
        DataType::Boolean => Value::Bool(text == "true"),
        kind if kind.is_numeric() => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        DataType::Timestamp(..) => Value::from(text.replacen(' ', "T", 1)),
        _ => Value::from(text),
    };
    Ok(texts.iter().map(|text| text.map(value)).collect())
}

fn build(args: &[ArrayRef], object: bool) -> Result<ArrayRef> {
    let columns = args.iter().map(values).collect::<Result<Vec<_>>>()?;
    let rows = columns.first().map_or(1, Vec::len);
    let mut given = Vec::with_capacity(rows);
    for row in 0..rows {
        let items: Vec<Value> = columns.iter().map(|column| column[row].clone().unwrap_or(Value::Null)).collect();
        let value = match object {
            true if items.len() % 2 == 1 => return exec_err!("argument list must have even number of elements"),
            true => Value::Object(items.chunks(2).map(|pair| (key(&pair[0]), pair[1].clone())).collect()),
            false => Value::Array(items),
        };
        given.push(Some(written(&value)));
    }
    Ok(Arc::new(StringArray::from(given)))
}

fn key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_written_as_jsonb() {
        let value = parsed(r#"{"bb":1,"a":[1,{"x":null}],"c":"é\""}"#).unwrap();
        assert_eq!(written(&value), r#"{"a": [1, {"x": null}], "c": "é\"", "bb": 1}"#);
    }

    #[test]
    fn parts_are_found_in_wholes() {
        let whole = parsed(r#"{"a": [1, 2], "b": {"c": 3, "d": 4}}"#).unwrap();
        for (part, found) in
            [(r#"{"a": [2]}"#, true), (r#"{"b": {"c": 3}}"#, true), (r#"{"b": 3}"#, false), ("{}", true)]
        {
            assert_eq!(covers(&whole, &parsed(part).unwrap()), found, "{part}");
        }
    }
}
