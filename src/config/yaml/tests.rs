use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::SourceSet;

fn read(text: &str) -> (Option<Yaml>, Diagnostics) {
    let sources = SourceSet::new();
    let id = sources.add("/p/a.yml", "a.yml", text);
    parse(&sources.get(id).unwrap())
}

/// Every key and scalar with the text its span covers.
fn spans(text: &str) -> String {
    fn walk(text: &str, yaml: &Yaml, lines: &mut Vec<String>) {
        let shown = |span: Span| text[span.start as usize..span.end as usize].to_owned();
        for (key, value) in yaml.entries() {
            lines.push(format!("{} @ {:?}", key.name, shown(key.span)));
            walk(text, value, lines);
        }
        yaml.items().iter().for_each(|item| walk(text, item, lines));
        if yaml.entries().is_empty() && yaml.items().is_empty() {
            lines.push(format!("  {} @ {:?}", yaml.to_json(), shown(yaml.span)));
        }
    }
    let mut lines = Vec::new();
    walk(text, &read(text).0.unwrap(), &mut lines);
    lines.join("\n")
}

fn problem(text: &str) -> String {
    let sources = SourceSet::new();
    let id = sources.add("/p/a.yml", "a.yml", text);
    let file = sources.get(id).unwrap();
    let (_, diagnostics) = parse(&file);
    let show = |diagnostic: &crate::diagnostic::Diagnostic| {
        let label = diagnostic.primary.as_ref().unwrap();
        let place = file.position(label.span.start);
        format!("{}:{} {}", place.line, place.column, diagnostic.message)
    };
    diagnostics.iter().map(show).collect::<Vec<_>>().join("\n")
}

#[test]
fn spans_are_bytes_of_the_content() {
    let text = "name: zürich # ü\n\"größe\": 'it''s'\nlist: [ä, 2, \"x\\\"y\", {k: v}]\nblock: |\n  one\n  two\n\nlong: a b\n  c\nempty:\nnext: null\nflag: Yes\nday: 2024-01-01 # d\nnum: 1.5\n";
    insta::assert_snapshot!(spans(text), @r#"
    name @ "name"
      "zürich" @ "zürich"
    größe @ "größe"
      "it's" @ "it''s"
    list @ "list"
      "ä" @ "ä"
      2 @ "2"
      "x\"y" @ "x\\\"y"
    k @ "k"
      "v" @ "v"
    block @ "block"
      "one\ntwo\n" @ "one\n  two"
    long @ "long"
      "a b c" @ "a b\n  c"
    empty @ "empty"
      null @ ""
    next @ "next"
      null @ ""
    flag @ "flag"
      true @ "Yes"
    day @ "day"
      "2024-01-01" @ "2024-01-01"
    num @ "num"
      1.5 @ "1.5"
    "#);
}

#[test]
fn merge_keys_and_aliases_are_applied() {
    let text = "base: &b {x: 1, y: 2}\nmore: &m\n  z: 3\nall:\n  <<: [*b, *m]\n  y: 9\nsame: *b\nlast: 4\n";
    let tree = read(text).0.unwrap();
    insta::assert_snapshot!(tree.to_json(), @r#"{"base":{"x":1,"y":2},"more":{"z":3},"all":{"y":9,"x":1,"z":3},"same":{"x":1,"y":2},"last":4}"#);
    let last = tree.entry("last").unwrap();
    assert_eq!(&text[last.0.span.start as usize..last.1.span.end as usize], "last: 4");
}

#[test]
fn values_follow_yaml_1_1() {
    let text = "a: yes\nb: off\nc: 0x1f\nd: 1_000\ne: ~\nf: '1'\ng: y\non: 1\n2: two\n";
    insta::assert_snapshot!(read(text).0.unwrap().to_json(), @r#"{"a":true,"b":false,"c":31,"d":1000,"e":null,"f":"1","g":"y","on":1,"2":"two"}"#);
}

#[test]
fn of_equal_keys_the_last_wins() {
    assert_eq!(read("a: 1\nb: 2\na: 3\n").0.unwrap().to_json()["a"], 3);
    insta::assert_snapshot!(problem("a: 1\nb: 2\na: 3\n"), @"3:1 the key `a` is given twice");
}

#[test]
fn syntax_errors_are_told_in_plain_words() {
    let broken = [
        "a:\n\tb: 1\n",
        "models:\n  - name: x\n    schema: {{ var('x') }}\n",
        "schema: {{ var('x', 1) }}_y\n",
        "a: {% if x %}b{% endif %}\n",
        "description: a: b\n",
        "a: 1\nb\nc: 2\n",
        "a:\n  - b\n c: 1\n",
        "a: \"open\nb: 2\n",
        "a: @x\n",
        "a: [1, 2\nb: 3\n",
        "a: \"\\d\"\n",
        "a: *x\n",
        "a: 1\n---\nb: 2\n",
        "a: !secret x\n",
        "? [x]\n: 1\n",
        "a: 'ü' ü\n",
        "a: 123456789012345678901234567890\n",
    ];
    let said: Vec<String> = broken.iter().map(|text| format!("{text:?}\n  {}", problem(text))).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    "a:\n\tb: 1\n"
      2:1 `a.yml` is not valid YAML: a tab is used for indentation
    "models:\n  - name: x\n    schema: {{ var('x') }}\n"
      3:13 `a.yml` is not valid YAML: a value that begins with `{{` needs quotes
    "schema: {{ var('x', 1) }}_y\n"
      1:9 `a.yml` is not valid YAML: a value that begins with `{{` needs quotes
    "a: {% if x %}b{% endif %}\n"
      1:4 `a.yml` is not valid YAML: a value that begins with `{%` needs quotes
    "description: a: b\n"
      1:15 `a.yml` is not valid YAML: a second `: ` stands where a value should be
    "a: 1\nb\nc: 2\n"
      2:1 `a.yml` is not valid YAML: a `:` is missing after a key
    "a:\n  - b\n c: 1\n"
      3:2 `a.yml` is not valid YAML: this line does not fit the lines above it
    "a: \"open\nb: 2\n"
      1:4 `a.yml` is not valid YAML: a quote is opened and never closed
    "a: @x\n"
      1:4 `a.yml` is not valid YAML: a value cannot begin with this character
    "a: [1, 2\nb: 3\n"
      2:2 `a.yml` is not valid YAML: a bracket is not closed, or a comma is missing
    "a: \"\\d\"\n"
      1:5 `a.yml` is not valid YAML: an unknown escape stands in double quotes
    "a: *x\n"
      1:4 `a.yml` is not valid YAML: an alias names an anchor that does not exist
    "a: 1\n---\nb: 2\n"
      2:1 `a.yml` is not valid YAML: it holds more than one document
    "a: !secret x\n"
      1:4 the tag `!secret` is not known
    "? [x]\n: 1\n"
      1:3 `a.yml` is not valid YAML: a key must be text
    "a: 'ü' ü\n"
      1:8 `a.yml` is not valid YAML: this line does not fit the lines above it
    "a: 123456789012345678901234567890\n"
      1:4 `a.yml` is not valid YAML: a number is too large
    "#);
}

#[test]
fn fields_report_wrong_types_where_they_stand() {
    let text = "name: [x]\nversion: 1.0\nenabled: maybe\nthreads: four\npaths: a\ntags: [a, 1, {b: c}]\nvarz: {}\n";
    let tree = read(text).0.unwrap();
    let mut diagnostics = Vec::new();
    let mut fields = Fields::new("the project", &tree, &mut diagnostics);
    assert_eq!(fields.text("name"), None);
    assert_eq!(fields.text("version").as_deref(), Some("1.0"));
    assert_eq!(fields.flag("enabled"), None);
    assert_eq!(fields.integer("threads"), None);
    assert_eq!(fields.texts("paths"), Some(vec!["a".to_owned()]));
    assert_eq!(fields.texts("tags"), Some(vec!["a".to_owned(), "1".to_owned()]));
    fields.required_text("profile");
    fields.check_keys(&["name", "version", "enabled", "threads", "paths", "tags", "vars"]);
    let said: Vec<String> = diagnostics
        .iter()
        .map(|said| {
            let span = said.primary.as_ref().unwrap().span;
            format!("{} @ {:?} {:?}", said.message, &text[span.start as usize..span.end as usize], said.help)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    `name` of the project must be text @ "[x" []
    `enabled` of the project must be `true` or `false` @ "maybe" []
    `threads` of the project must be a whole number @ "four" []
    `tags` of the project must be text or a list of texts @ "{b: c" []
    the project has no `profile` @ "name" ["add `profile: ...`"]
    the project has a key `varz` that is not known @ "varz" ["did you mean `vars`?"]
    "#);
}

#[test]
fn odd_files_are_read() {
    let read = |text: &str| read(text).0.map(|tree| tree.to_json().to_string());
    assert_eq!(read("# nothing\n").as_deref(), Some("null"));
    assert_eq!(read("\u{feff}a: 1\n").as_deref(), Some(r#"{"a":1}"#));
    assert_eq!(read("a: 1\r\nb: |\r\n  x\r\n  y\r\n").as_deref(), Some(r#"{"a":1,"b":"x\ny\n"}"#));
    assert_eq!(read("a: !!str 12\n").as_deref(), Some(r#"{"a":"12"}"#));
    assert_eq!(
        read("2024-01-01: [2024-01-02, 2024-01-03 10:00:00]\n").as_deref(),
        Some(r#"{"2024-01-01":["2024-01-02","2024-01-03 10:00:00"]}"#)
    );
    assert_eq!(read("---\na: .inf\n...\n").as_deref(), Some(r#"{"a":null}"#));
}

/// Every span of the tree and of the diagnostics lies in the text, between characters.
fn check_spans(text: &str) {
    fn walk(yaml: &Yaml, spans: &mut Vec<Span>) {
        spans.push(yaml.span);
        yaml.entries().iter().for_each(|(key, value)| {
            spans.push(key.span);
            walk(value, spans);
        });
        yaml.items().iter().for_each(|item| walk(item, spans));
    }
    let (tree, diagnostics) = read(text);
    let mut spans: Vec<Span> = diagnostics.iter().filter_map(|said| Some(said.primary.as_ref()?.span)).collect();
    tree.iter().for_each(|tree| walk(tree, &mut spans));
    for span in spans {
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_read(text in "[-a{}\\[\\]:, \n\t'\"#&*!|>%@`?ü0\r.<]{0,40}") {
        check_spans(&text);
    }

    #[test]
    fn any_likely_text_can_be_read(words in proptest::collection::vec(
        proptest::sample::select(vec!["a", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "'x'", "\"y\"", "&b ", "*b", "<<: ", "{{ v }}", "2024-01-01", "|\n", "ü", "# c", "~", "1.5", "!t "]), 0..20))
    {
        check_spans(&words.concat());
    }
}
