//! Functions that DataFusion lacks, or has with another meaning than PostgreSQL's.
//!
//! Those named `aq_…` are not for users: the rewrite of a statement puts them where PostgreSQL's
//! operators, casts and special forms stood. What is registered under a name of PostgreSQL's takes
//! the place of DataFusion's function of that name.

mod arithmetic;
mod calendar;
mod convert;
mod json;
mod number;
mod operator;
mod ordered;
mod series;
mod shown;
mod single;
mod sum;
mod template;
mod words;

pub(super) use convert::with_seconds;
pub(super) use operator::PostgresOperators;
pub(super) use shown::shown as shown_text;
pub(super) use single::single;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::execution::SessionState;
use datafusion::execution::registry::FunctionRegistry;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use deltalake::arrow::array::{Array, ArrayRef, StringArray};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::DataType;

/// Makes the functions known to a state.
///
/// # Errors
/// DataFusion's, when it refuses one.
pub(super) fn register(state: &mut SessionState) -> Result<()> {
    let groups = [
        arithmetic::functions(),
        calendar::functions(),
        convert::functions(),
        json::functions(),
        number::functions(),
        series::functions(),
        template::functions(),
        words::functions(),
    ];
    for function in groups.into_iter().flatten() {
        state.register_udf(Arc::new(function))?;
    }
    for aggregate in std::iter::once(sum::sum()).chain(ordered::functions()) {
        state.register_udaf(Arc::new(aggregate))?;
    }
    state.register_expr_planner(Arc::new(PostgresOperators))
}

/// What a function takes: the types its arguments are cast to.
type Takes = fn(&[DataType]) -> Result<Vec<DataType>>;
/// What a function gives for arguments of those types.
type Gives = fn(&[DataType]) -> Result<DataType>;
/// Rows of arguments to rows of results, of the type it gives.
type Run = fn(&[ArrayRef], &DataType) -> Result<ArrayRef>;
/// A simpler expression for some types of arguments.
type Becomes = fn(Vec<Expr>, &SimplifyContext) -> Result<ExprSimplifyResult>;

/// A function over whole columns.
#[derive(Debug)]
pub(super) struct Function {
    name: &'static str,
    signature: Signature,
    takes: Takes,
    gives: Gives,
    run: Run,
    becomes: Option<Becomes>,
}

impl Function {
    fn new(name: &'static str, takes: Takes, gives: Gives, run: Run) -> Self {
        let signature = Signature::user_defined(Volatility::Immutable);
        Self { name, signature, takes, gives, run, becomes: None }
    }

    fn becoming(mut self, becomes: Becomes) -> Self {
        self.becomes = Some(becomes);
        self
    }

    fn udf(self) -> ScalarUDF {
        ScalarUDF::from(self)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        (self.gives)(types)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        (self.takes)(types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let given = (self.run)(&arrays, args.return_field.data_type())?;
        match constant && given.len() == 1 {
            true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&given, 0)?)),
            false => Ok(ColumnarValue::Array(given)),
        }
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match self.becomes {
            Some(becomes) => becomes(args, info),
            None => Ok(ExprSimplifyResult::Original(args)),
        }
    }
}

/// Takes texts only.
fn texts(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![DataType::Utf8; types.len()])
}

/// Takes what it is given.
fn anything(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(types.to_vec())
}

/// Gives text.
fn text(_: &[DataType]) -> Result<DataType> {
    Ok(DataType::Utf8)
}

/// A column as text.
fn strings(column: &ArrayRef) -> Result<StringArray> {
    Ok(StringArray::from(cast(column, &DataType::Utf8)?.to_data()))
}

/// A function of one text that gives a text or NULL.
fn each_text(column: &ArrayRef, mut work: impl FnMut(&str) -> Result<Option<String>>) -> Result<ArrayRef> {
    let texts = strings(column)?;
    let given = texts.iter().map(|text| text.map_or(Ok(None), &mut work)).collect::<Result<StringArray>>()?;
    Ok(Arc::new(given))
}

/// Whether a type holds text.
fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Whether a type holds decimals of a size that is worked with here.
fn is_decimal(kind: &DataType) -> bool {
    matches!(kind, DataType::Decimal128(..) | DataType::Decimal32(..) | DataType::Decimal64(..))
}

/// An error about arguments that a function cannot take.
fn refuse<T>(name: &str, types: &[DataType]) -> Result<T> {
    let types: Vec<String> = types.iter().map(super::types::text).collect();
    plan_err!("function {name}({}) does not exist", types.join(", "))
}

/// An error about a value.
fn invalid<T>(kind: &str, value: &str) -> Result<T> {
    exec_err!("invalid input syntax for type {kind}: \"{value}\"")
}

/// Numbers as texts without an exponent.
fn decimal_text(column: &ArrayRef) -> Result<StringArray> {
    use deltalake::arrow::array::AsArray;
    use deltalake::arrow::datatypes::Float64Type;
    if !column.data_type().is_floating() {
        return strings(column);
    }
    let floats = cast(column, &DataType::Float64)?;
    Ok(floats.as_primitive::<Float64Type>().iter().map(|value| value.map(|value| format!("{value}"))).collect())
}
