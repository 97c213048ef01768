use super::expectations::{Direction, Expectations};

/// What the training values say of the next value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The least that is usual.
    pub from: f64,
    /// The most that is usual.
    pub to: f64,
    /// Mean of the training values.
    pub mean: f64,
    /// How many there were.
    pub values: usize,
}

impl Usual {
    /// The interval that the next value lies in, if it is like the others; `None` where they are too few.
    pub fn of(metric: &str, training: &[f64], expectations: &Expectations) -> Option<Self> {
        let values = training.len();
        if values < expectations.min_training.max(2) {
            return None;
        }
        let count = values as f64;
        let mean = training.iter().sum::<f64>() / count;
        let squares: f64 = training.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        let factor = student(expectations.sensitivity, count - 1.0) * (1.0 + 1.0 / count).sqrt();
        let least = if is_rate(metric) { expectations.min_change } else { expectations.min_change * mean.abs() };
        let reach = (factor * deviation).max(least);
        let from = if can_be_negative(metric) { mean - reach } else { (mean - reach).max(0.0) };
        Some(Self { from, to: mean + reach, mean, values })
    }

    /// Whether a value is a fault.
    pub fn refuses(&self, value: f64, direction: Direction) -> bool {
        // The last digits of a mean are noise.
        let noise = 1e-9 * self.mean.abs().max(1e-3);
        let (low, high) = (value < self.from - noise, value > self.to + noise);
        match direction {
            Direction::Both => low || high,
            Direction::Drop => low,
            Direction::Spike => high,
        }
    }
}

fn is_rate(metric: &str) -> bool {
    metric.ends_with("_rate")
}

fn can_be_negative(metric: &str) -> bool {
    matches!(metric, "min" | "max" | "average" | "sum")
}

/// How many standard deviations of a small sample (`freedom` + 1 values) are as rare as this many of a normal
/// distribution: the expansion of Student's t by Cornish and Fisher.
fn student(normal: f64, freedom: f64) -> f64 {
    let z = normal;
    let terms = [
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
    ];
    terms.iter().zip(1..).fold(z, |sum, (term, power)| sum + term / freedom.powi(power))
}

#[cfg(test)]
mod tests {
    use super::student;

    #[test]
    fn few_values_make_a_wide_interval() {
        // Quantiles of Student's t at 0.99865, the normal distribution's at three.
        for (freedom, expected) in [(6.0, 4.90), (13.0, 3.69), (27.0, 3.31), (99.0, 3.08)] {
            assert!((student(3.0, freedom) - expected).abs() < 0.06, "{freedom}: {}", student(3.0, freedom));
        }
    }
}
