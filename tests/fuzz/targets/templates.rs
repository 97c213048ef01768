//! The literal rewriter and the compiler behind it on any text: a value or an error.

#![no_main]

use aquifer::config::SettingScope;
use aquifer::jinja::render_setting;
use aquifer::system::Environment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let vars = serde_json::Map::new();
    let scope = SettingScope { vars: &vars, target: None, secrets: false };
    let _ = render_setting(text, &scope, &Environment::default());
});
