use std::sync::Arc;

use indexmap::IndexMap;

use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::project::parsed::Parsed;
use crate::resource::{Macro, UniqueId};

/// All macros, with what properties files say of them.
pub(super) fn described(
    context: &Context<'_>,
    parsed: &Parsed,
    problems: &mut Diagnostics,
) -> Arc<IndexMap<UniqueId, Arc<Macro>>> {
    let known = context.engine.macros();
    if parsed.properties.iter().all(|file| file.macros.is_empty()) {
        return known.clone();
    }
    let mut macros: IndexMap<UniqueId, Arc<Macro>> = (**known).clone();
    for file in &parsed.properties {
        let package = file.place.package.as_ref();
        for patch in &file.macros {
            let id = format!("macro.{package}.{}", patch.name);
            let Some(item) = macros.get_mut(id.as_str()) else {
                let message = format!("macro `{}` does not exist", patch.name);
                let problem = Diagnostic::warning(Code::UnusedPatch, message)
                    .event("MacroNotFoundForPatch")
                    .at(patch.span, "described here");
                let names = known.values().filter(|item| item.package == package).map(|item| item.name.as_str());
                problems.push(match closest(&patch.name, names) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help("remove the entry, or write the macro"),
                });
                continue;
            };
            let mut changed = (**item).clone();
            changed.description = context.described(&patch.description, package, Some(patch.span), problems).text;
            changed.arguments = patch.arguments.clone();
            changed.meta = patch.meta.clone();
            changed.docs_show = patch.docs_show;
            changed.patch_path = Some(format!("{package}://{}", file.place.original));
            *item = Arc::new(changed);
        }
    }
    Arc::new(macros)
}
