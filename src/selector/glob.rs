/// Whether a text matches a shell pattern as a whole: `*` any run of characters (dots and slashes
/// too), `?` one character, `[abc]`, `[a-z]` and `[!abc]` one of (or none of) a set. Case counts.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    if !has_wildcard(pattern) {
        return pattern == text;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Where to go on after a mismatch: behind the last `*`, which then swallows one character more.
    let mut retry: Option<(usize, usize)> = None;
    let (mut at, mut read) = (0, 0);
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, read));
                at += 1;
                continue;
            }
            Some(_) => {
                if let Some(next) = match_one(&pattern, at, text[read]) {
                    (at, read) = (next, read + 1);
                    continue;
                }
            }
            None => {}
        }
        let Some((star, swallowed)) = retry else { return false };
        retry = Some((star, swallowed + 1));
        (at, read) = (star, swallowed + 1);
    }
    pattern[at..].iter().all(|symbol| *symbol == '*')
}

/// Whether a pattern is more than a plain name.
pub(super) fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', ']'])
}

/// Where the pattern goes on after one character, if that character matches.
fn match_one(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    match pattern[at] {
        '?' => Some(at + 1),
        '[' => match set_end(pattern, at) {
            Some(end) => in_set(&pattern[at + 1..end], letter).then_some(end + 1),
            None => (letter == '[').then_some(at + 1),
        },
        same if same == letter => Some(at + 1),
        _ => None,
    }
}

/// Place of the `]` that closes the set opened at `at`; one that comes first is a member.
fn set_end(pattern: &[char], at: usize) -> Option<usize> {
    let mut first = at + 1;
    if pattern.get(first) == Some(&'!') {
        first += 1;
    }
    (first + 1..pattern.len()).find(|place| pattern[*place] == ']')
}

fn in_set(set: &[char], letter: char) -> bool {
    let (negated, set) = match set {
        ['!', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    let mut rest = set;
    while let [first, tail @ ..] = rest {
        if let ['-', last, after @ ..] = tail {
            found |= (*first..=*last).contains(&letter);
            rest = after;
        } else {
            found |= *first == letter;
            rest = tail;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let yes = [
            ("*", ""),
            ("*", "a.b/c"),
            ("stg_*", "stg_orders"),
            ("*_orders", "stg_orders"),
            ("s?g", "stg"),
            ("a*b*c", "axxbyybc"),
            ("[st]tg", "stg"),
            ("v[0-9]", "v7"),
            ("v[!0-9]", "vx"),
            ("[]]", "]"),
            ("[", "["),
        ];
        let no =
            [("stg_*", "int_orders"), ("a?", "a"), ("v[0-9]", "vx"), ("v[!0-9]", "v1"), ("abc", "ABC"), ("a*b", "ac")];
        assert!(yes.iter().all(|(pattern, text)| matches(pattern, text)));
        assert!(!no.iter().any(|(pattern, text)| matches(pattern, text)));
    }
}
