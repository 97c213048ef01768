//! `numeric` texts as 128-bit decimals of one scale.

/// Digits a 128-bit decimal holds.
pub(super) const PRECISION: u8 = 38;

/// The column's scale and its values times ten to the scale; `None` where one does not fit.
pub(super) fn column(values: &[Option<&str>], modifier: i32) -> Option<(i8, Vec<Option<i128>>)> {
    let scale = declared_scale(modifier).or_else(|| values.iter().flatten().map(|text| fraction_digits(text)).max());
    let scale = scale.unwrap_or(0);
    let read = |value: &Option<&str>| match value {
        None => Some(None),
        Some(text) => scaled(text, scale).map(Some),
    };
    let values: Option<Vec<Option<i128>>> = values.iter().map(read).collect();
    Some((i8::try_from(scale).ok().filter(|scale| *scale <= PRECISION.cast_signed())?, values?))
}

/// `numeric(p, s)` is stored as `p << 16 | s`, plus 4; a negative scale has no decimals to show.
fn declared_scale(modifier: i32) -> Option<usize> {
    let bits = modifier.checked_sub(4).filter(|bits| *bits >= 0)? & 0x7ff;
    usize::try_from((bits ^ 1024) - 1024).ok().or(Some(0))
}

fn fraction_digits(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

fn scaled(text: &str, scale: usize) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padding = scale.checked_sub(fraction.len())?;
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let zeros = std::iter::repeat_n(b'0', padding);
    let mut value: i128 = 0;
    for byte in digits().chain(zeros) {
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    let fits = value < 10_i128.pow(u32::from(PRECISION));
    fits.then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_fraction_gives_the_scale() {
        assert_eq!(column(&[Some("1.5"), None, Some("-20.125")], -1), Some((3, vec![Some(1500), None, Some(-20125)])));
        assert_eq!(column(&[Some("7")], -1), Some((0, vec![Some(7)])));
    }

    #[test]
    fn a_declared_scale_is_kept() {
        let numeric_10_2 = (10 << 16 | 2) + 4;
        assert_eq!(column(&[Some("7.00")], numeric_10_2), Some((2, vec![Some(700)])));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(column(&[Some("NaN")], -1), None);
        assert_eq!(column(&[Some("Infinity")], -1), None);
        assert_eq!(column(&[Some(&"9".repeat(39))], -1), None);
        let tiny = format!("0.{}1", "0".repeat(40));
        assert_eq!(column(&[Some(&tiny)], -1), None);
        assert!(column(&[Some(&"9".repeat(38))], -1).is_some());
    }
}
