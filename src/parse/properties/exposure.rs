use super::{name_of, small};
use crate::config::yaml::{Fields, Yaml};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::parsed::WrittenExposure;
use crate::resource::{ConfigMap, Exposure, Owner};

const TYPES: [&str; 5] = ["dashboard", "notebook", "analysis", "ml", "application"];

const KEYS: [&str; 11] =
    ["name", "type", "owner", "description", "label", "maturity", "meta", "tags", "url", "depends_on", "config"];

/// An entry of `exposures:`.
pub(super) fn read(entry: &Yaml, diagnostics: &mut Diagnostics) -> Option<WrittenExposure> {
    let (name, span) = name_of(entry, "an exposure", diagnostics)?;
    let what = format!("exposure `{name}`");
    let mut fields = Fields::new(&what, entry, diagnostics);
    fields.check_keys(&KEYS);
    let exposure_type = fields.required_text("type").unwrap_or_default();
    if let Some(value) = entry.get("type").filter(|_| !TYPES.contains(&exposure_type.as_str())) {
        fields.report(
            Diagnostic::error(Code::InvalidValue, format!("`{exposure_type}` is not a type of exposure"))
                .at(value.span, "not known")
                .help(format!("types are {}", TYPES.join(", "))),
        );
    }
    let owner = owner(fields.map("owner"));
    if owner.name.is_none() && owner.email.is_none() {
        fields.report(small::no_owner(&what, span));
    }
    let config: ConfigMap = fields.map("config").map(Yaml::to_json_map).unwrap_or_default();
    let tags = fields.texts("tags").unwrap_or_default();
    let meta = fields.map("meta").map(Yaml::to_json_map).unwrap_or_default();
    let depends_on =
        fields.list("depends_on").iter().filter_map(|item| Some((item.scalar_text()?, item.span))).collect();
    let exposure = Exposure {
        exposure_type,
        owner,
        maturity: fields.text("maturity"),
        url: fields.text("url"),
        label: fields.text("label"),
    };
    let description = fields.text("description").unwrap_or_default();
    Some(WrittenExposure { name, span, description, exposure, config, tags, meta, depends_on })
}

fn owner(yaml: Option<&Yaml>) -> Owner {
    let mut extra = yaml.map(Yaml::to_json_map).unwrap_or_default();
    let mut text = |key: &str| extra.shift_remove(key).and_then(|value| value.as_str().map(str::to_owned));
    let (name, email) = (text("name"), text("email"));
    Owner { name, email, extra }
}
