//! Aggregates `within group (order by ...)`: `mode()`, `percentile_disc(p)`, which picks one of the values
//! it sees, and `percentile_cont(p)`, which works one out between two of them.

use std::collections::HashMap;
use std::mem::size_of;
use std::sync::Arc;

use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::functions_aggregate::string_agg::StringAgg;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility};
use deltalake::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};

use super::refuse;

/// The functions.
pub(super) fn functions() -> Vec<AggregateUDF> {
    let picking = [MODE, PERCENTILE_DISC, PERCENTILE_CONT];
    let picking = picking.map(|name| Ordered { name, signature: Signature::user_defined(Volatility::Immutable) });
    let texts = AggregateUDF::from(Texts { inner: StringAgg::new() });
    picking.map(AggregateUDF::from).into_iter().chain([texts]).collect()
}

/// The most frequent value; of several the first in the order asked for.
const MODE: &str = "mode";
/// The first value whose share of the values up to it reaches a fraction.
const PERCENTILE_DISC: &str = "percentile_disc";
/// What stands at a fraction of the way from the first value to the last.
const PERCENTILE_CONT: &str = "percentile_cont";

#[derive(Debug, PartialEq, Eq, Hash)]
struct Ordered {
    name: &'static str,
    signature: Signature,
}

impl AggregateUDFImpl for Ordered {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The value first, then the fraction, or an array of fractions.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match (self.name, types) {
            (MODE, [value]) => Ok(vec![value.clone()]),
            (PERCENTILE_DISC, [value, fraction]) => Ok(vec![value.clone(), fraction_type(fraction)]),
            (PERCENTILE_CONT, [value, fraction]) if value.is_numeric() || value.is_null() => {
                Ok(vec![DataType::Float64, fraction_type(fraction)])
            }
            _ => refuse(self.name, types),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types {
            [value, DataType::List(_)] => Ok(DataType::new_list(value.clone(), true)),
            [value, ..] => Ok(value.clone()),
            [] => plan_err!("{} needs WITHIN GROUP (ORDER BY …)", self.name),
        }
    }

    /// Values are put in order here, so that aggregates with other orders can stand beside it.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::SoftRequirement
    }

    fn with_beneficial_ordering(self: Arc<Self>, _: bool) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn supports_within_group_clause(&self) -> bool {
        true
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let kind = |at: usize| args.input_fields.get(at).map_or(DataType::Float64, |field| field.data_type().clone());
        let field = |what: &str, kind| Field::new(format!("{} {what}", args.name), kind, true).into();
        let mut fields = vec![field("fraction", kind(1)), field("values", DataType::new_list(kind(0), true))];
        if self.name != PERCENTILE_CONT {
            fields.push(field("counts", DataType::new_list(DataType::Int64, true)));
        }
        Ok(fields)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let kind = |at: usize| args.expr_fields.get(at).map_or(DataType::Float64, |field| field.data_type().clone());
        let wanted = Wanted {
            descending: args.order_bys.first().is_some_and(|order| order.options.descending),
            fraction: ScalarValue::try_from(&kind(1))?,
            gives: args.return_field.data_type().clone(),
        };
        Ok(match self.name {
            PERCENTILE_CONT => Box::new(Between { wanted, values: Vec::new() }),
            _ => Box::new(Counts { wanted, kind: kind(0), counts: HashMap::new(), most_frequent: self.name == MODE }),
        })
    }
}

/// DataFusion's `string_agg`, which puts its texts in order, but does not say that it does so itself.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Texts {
    inner: StringAgg,
}

impl AggregateUDFImpl for Texts {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::SoftRequirement
    }

    fn with_beneficial_ordering(self: Arc<Self>, _: bool) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.inner.accumulator(args)
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        self.inner.create_groups_accumulator(args)
    }
}

fn fraction_type(fraction: &DataType) -> DataType {
    match fraction {
        DataType::List(_) => DataType::new_list(DataType::Float64, true),
        _ => DataType::Float64,
    }
}

/// What is asked of the values.
#[derive(Debug)]
struct Wanted {
    descending: bool,
    /// The same in every row; NULL until a row was seen.
    fraction: ScalarValue,
    gives: DataType,
}

impl Wanted {
    fn see(&mut self, fractions: Option<&ArrayRef>) -> Result<()> {
        if let Some(fractions) = fractions
            && self.fraction.is_null()
            && let Some(row) = (0..fractions.len()).find(|&row| fractions.is_valid(row))
        {
            self.fraction = ScalarValue::try_from_array(&cast(fractions, &self.fraction.data_type())?, row)?;
        }
        Ok(())
    }

    fn in_order<T>(&self, values: &mut [T], order: impl Fn(&T, &T) -> std::cmp::Ordering) {
        values.sort_by(|left, right| if self.descending { order(right, left) } else { order(left, right) });
    }

    /// The value of a fraction, or a list of those of several.
    fn answer(&self, kind: &DataType, value: impl Fn(f64) -> Result<ScalarValue>) -> Result<ScalarValue> {
        let value = |fraction: f64| match (0.0..=1.0).contains(&fraction) {
            true => value(fraction),
            false => exec_err!("percentile value {fraction} is not between 0 and 1"),
        };
        match &self.fraction {
            ScalarValue::Float64(Some(fraction)) => value(*fraction),
            ScalarValue::List(list) if list.is_valid(0) => {
                let fractions = list.value(0);
                let values = fractions.as_primitive::<Float64Type>().iter();
                let values = values.map(|fraction| fraction.map_or_else(|| ScalarValue::try_from(kind), &value));
                let values = values.collect::<Result<Vec<_>>>()?;
                Ok(ScalarValue::List(ScalarValue::new_list(&values, kind, true)))
            }
            _ => ScalarValue::try_from(&self.gives),
        }
    }
}

/// How often each value was seen.
#[derive(Debug)]
struct Counts {
    wanted: Wanted,
    kind: DataType,
    counts: HashMap<ScalarValue, i64>,
    most_frequent: bool,
}

impl Counts {
    fn sorted(&self) -> Vec<(&ScalarValue, i64)> {
        let mut sorted: Vec<(&ScalarValue, i64)> = self.counts.iter().map(|(value, count)| (value, *count)).collect();
        self.wanted
            .in_order(&mut sorted, |left, right| left.0.partial_cmp(right.0).unwrap_or(std::cmp::Ordering::Equal));
        sorted
    }
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.wanted.see(values.get(1))?;
        for row in 0..values[0].len() {
            if values[0].is_valid(row) {
                *self.counts.entry(ScalarValue::try_from_array(&values[0], row)?).or_default() += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let sorted = self.sorted();
        if sorted.is_empty() {
            return ScalarValue::try_from(&self.wanted.gives);
        }
        if !self.most_frequent {
            let total: i64 = sorted.iter().map(|(_, count)| count).sum();
            return self.wanted.answer(&self.kind, |fraction| {
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of rows")]
                let place = ((total as f64 * fraction).ceil() as i64).max(1);
                let mut seen = 0;
                let found = sorted.iter().find(|(_, count)| {
                    seen += count;
                    seen >= place
                });
                found.map_or_else(|| ScalarValue::try_from(&self.kind), |(value, _)| Ok((*value).clone()))
            });
        }
        let mut best: Option<(&ScalarValue, i64)> = None;
        for (value, count) in sorted {
            if best.is_none_or(|(_, most)| count > most) {
                best = Some((value, count));
            }
        }
        best.map_or_else(|| ScalarValue::try_from(&self.kind), |(value, _)| Ok(value.clone()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.counts.len() * (size_of::<ScalarValue>() + size_of::<i64>())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: Vec<ScalarValue> = self.counts.keys().cloned().collect();
        let counts: Vec<ScalarValue> = self.counts.values().map(|count| ScalarValue::Int64(Some(*count))).collect();
        Ok(vec![
            self.wanted.fraction.clone(),
            ScalarValue::List(ScalarValue::new_list(&values, &self.kind, true)),
            ScalarValue::List(ScalarValue::new_list(&counts, &DataType::Int64, true)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.wanted.see(states.first())?;
        let (values, counts) = (states[1].as_list::<i32>(), states[2].as_list::<i32>());
        for row in 0..values.len() {
            let (values, counts) = (values.value(row), counts.value(row));
            let counts = counts.as_primitive::<Int64Type>();
            for index in 0..values.len() {
                *self.counts.entry(ScalarValue::try_from_array(&values, index)?).or_default() += counts.value(index);
            }
        }
        Ok(())
    }
}

/// All values: a fraction of the way lies between two of them.
#[derive(Debug)]
struct Between {
    wanted: Wanted,
    values: Vec<f64>,
}

impl Accumulator for Between {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.wanted.see(values.get(1))?;
        self.values.extend(values[0].as_primitive::<Float64Type>().iter().flatten());
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let values = &mut self.values;
        // NaN is greater than every number.
        self.wanted.in_order(values, |left, right| {
            left.partial_cmp(right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
        });
        self.wanted.answer(&DataType::Float64, |fraction| {
            #[allow(clippy::cast_precision_loss, reason = "a count of rows")]
            let place = fraction * values.len().saturating_sub(1) as f64;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among the values")]
            let (below, above) = (values.get(place.floor() as usize), values.get(place.ceil() as usize));
            Ok(ScalarValue::Float64(below.zip(above).map(|(below, above)| {
                if place.fract() == 0.0 { *below } else { below + place.fract() * (above - below) }
            })))
        })
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.values.capacity() * size_of::<f64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: ArrayRef = Arc::new(Float64Array::from(std::mem::take(&mut self.values)));
        let values = SingleRowListArrayBuilder::new(values).build_list_scalar();
        Ok(vec![self.wanted.fraction.clone(), values])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.wanted.see(states.first())?;
        for values in states[1].as_list::<i32>().iter().flatten() {
            self.values.extend(values.as_primitive::<Float64Type>().iter().flatten());
        }
        Ok(())
    }
}
