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

/// A value as the server sends it in binary, times ten to the scale; what is wrong with it otherwise.
///
/// It comes as digits to the base of 10,000, with the weight of the first one.
pub(super) fn of_binary(bytes: &[u8], precision: u8, scale: i8) -> Result<i128, String> {
    let word = |at: usize| -> Option<u16> { Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)) };
    let header = [word(0), word(2), word(4)];
    let [Some(count), Some(weight), Some(sign)] = header else { return Err("a number is cut off".to_owned()) };
    match sign {
        0 | 0x4000 => {}
        0xC000 => return Err("`NaN` is no decimal number here".to_owned()),
        _ => return Err("`Infinity` is no decimal number here".to_owned()),
    }
    let wide = || format!("a number does not fit into numeric({precision},{scale})");
    let mut value: i128 = 0;
    for index in 0..count {
        let digits = i128::from(word(8 + 2 * usize::from(index)).ok_or_else(|| "a number is cut off".to_owned())?);
        let exponent = 4 * (i32::from(weight.cast_signed()) - i32::from(index)) + i32::from(scale);
        let part = match u32::try_from(exponent) {
            Ok(exponent) => 10_i128.checked_pow(exponent).and_then(|power| digits.checked_mul(power)),
            Err(_) => {
                let divisor = 10_i128.checked_pow(exponent.unsigned_abs()).unwrap_or(i128::MAX);
                if digits % divisor != 0 {
                    return Err(format!("a number has more than {scale} digits after the point"));
                }
                Some(digits / divisor)
            }
        };
        value = part.and_then(|part| value.checked_add(part)).ok_or_else(wide)?;
    }
    if value >= 10_i128.pow(u32::from(precision)) {
        return Err(wide());
    }
    Ok(if sign == 0x4000 { -value } else { value })
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

    /// Header and digits as the server sends them.
    fn sent(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        let count = u16::try_from(digits.len()).expect("few");
        let words = [count, weight.cast_unsigned(), sign, 0].into_iter().chain(digits.iter().copied());
        words.flat_map(u16::to_be_bytes).collect()
    }

    #[test]
    fn binary_numbers_are_scaled_exactly() {
        assert_eq!(of_binary(&sent(0, 0, &[]), 10, 2), Ok(0));
        // 12345.678
        assert_eq!(of_binary(&sent(1, 0, &[1, 2345, 6780]), 38, 10), Ok(123_456_780_000_000));
        assert_eq!(of_binary(&sent(1, 0x4000, &[1, 2345, 6780]), 38, 3), Ok(-12_345_678));
        assert_eq!(of_binary(&sent(-1, 0, &[1]), 38, 4), Ok(1));
        assert!(of_binary(&sent(-1, 0, &[1]), 38, 3).is_err_and(|why| why.contains("after the point")));
        assert!(of_binary(&sent(2, 0, &[9999, 0, 1]), 5, 0).is_err_and(|why| why.contains("numeric(5,0)")));
        assert!(of_binary(&sent(40, 0, &[1]), 38, 0).is_err());
        assert!(of_binary(&sent(0, 0xC000, &[]), 38, 0).is_err_and(|why| why.contains("NaN")));
        assert!(of_binary(&sent(0, 0xD000, &[]), 38, 0).is_err_and(|why| why.contains("Infinity")));
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
