//! `mode() within group` and `percentile_disc(p) within group`: aggregates that pick one of the
//! values they see.

use std::collections::HashMap;
use std::mem::size_of;

use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use deltalake::arrow::array::{Array, ArrayRef, AsArray};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};

use super::refuse;

/// The most frequent value; of several the first in the order asked for.
pub(super) fn mode() -> AggregateUDF {
    AggregateUDF::from(Picked { name: "mode", signature: Signature::user_defined(Volatility::Immutable) })
}

/// The first value whose share of the values up to it reaches a fraction.
pub(super) fn percentile_disc() -> AggregateUDF {
    AggregateUDF::from(Picked { name: "percentile_disc", signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Picked {
    name: &'static str,
    signature: Signature,
}

impl AggregateUDFImpl for Picked {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The value first, then the fraction.
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match (self.name, types) {
            ("mode", [value]) => Ok(vec![value.clone()]),
            ("percentile_disc", [value, _]) => Ok(vec![value.clone(), DataType::Float64]),
            _ => refuse(self.name, types),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        types.first().cloned().map_or_else(|| plan_err!("{} needs WITHIN GROUP (ORDER BY …)", self.name), Ok)
    }

    fn supports_within_group_clause(&self) -> bool {
        true
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let kind = args.return_field.data_type().clone();
        let counts = Field::new_list_field(DataType::Int64, true);
        Ok(vec![
            Field::new(format!("{} values", args.name), DataType::new_list(kind, true), true).into(),
            Field::new(format!("{} counts", args.name), DataType::List(counts.into()), true).into(),
            Field::new(format!("{} fraction", args.name), DataType::Float64, true).into(),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let descending = args.order_bys.first().is_some_and(|order| order.options.descending);
        Ok(Box::new(Counts {
            kind: args.return_field.data_type().clone(),
            counts: HashMap::new(),
            fraction: None,
            descending,
            most_frequent: self.name == "mode",
        }))
    }
}

/// How often each value was seen.
#[derive(Debug)]
struct Counts {
    kind: DataType,
    counts: HashMap<ScalarValue, i64>,
    fraction: Option<f64>,
    descending: bool,
    most_frequent: bool,
}

impl Counts {
    fn sorted(&self) -> Result<Vec<(&ScalarValue, i64)>> {
        let mut sorted: Vec<(&ScalarValue, i64)> = self.counts.iter().map(|(value, count)| (value, *count)).collect();
        sorted.sort_by(|left, right| {
            let order = left.0.partial_cmp(right.0).unwrap_or(std::cmp::Ordering::Equal);
            if self.descending { order.reverse() } else { order }
        });
        Ok(sorted)
    }

    fn of_fraction(&self, fraction: f64) -> Result<ScalarValue> {
        if !(0.0..=1.0).contains(&fraction) {
            return exec_err!("percentile value {fraction} is not between 0 and 1");
        }
        let total: i64 = self.counts.values().sum();
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of rows")]
        let place = ((total as f64 * fraction).ceil() as i64).max(1);
        let mut seen = 0;
        for (value, count) in self.sorted()? {
            seen += count;
            if seen >= place {
                return Ok(value.clone());
            }
        }
        ScalarValue::try_from(&self.kind)
    }
}

impl Accumulator for Counts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if let Some(fractions) = values.get(1) {
            let fractions = cast(fractions, &DataType::Float64)?;
            self.fraction = self.fraction.or_else(|| fractions.as_primitive::<Float64Type>().iter().flatten().next());
        }
        for row in 0..values[0].len() {
            if values[0].is_valid(row) {
                *self.counts.entry(ScalarValue::try_from_array(&values[0], row)?).or_default() += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if !self.most_frequent {
            return match self.fraction {
                Some(fraction) => self.of_fraction(fraction),
                None => ScalarValue::try_from(&self.kind),
            };
        }
        let mut best: Option<(&ScalarValue, i64)> = None;
        for (value, count) in self.sorted()? {
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
            ScalarValue::List(ScalarValue::new_list(&values, &self.kind, true)),
            ScalarValue::List(ScalarValue::new_list(&counts, &DataType::Int64, true)),
            ScalarValue::Float64(self.fraction),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (values, counts) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let fractions = states[2].as_primitive::<Float64Type>();
        self.fraction = self.fraction.or_else(|| fractions.iter().flatten().next());
        for row in 0..values.len() {
            let (values, counts) = (values.value(row), counts.value(row));
            let counts = counts.as_primitive::<deltalake::arrow::datatypes::Int64Type>();
            for index in 0..values.len() {
                *self.counts.entry(ScalarValue::try_from_array(&values, index)?).or_default() += counts.value(index);
            }
        }
        Ok(())
    }
}
