//! Modules that train whole beside the adapters.

use crate::base::BaseModel;
use crate::config::PeftConfig;
use crate::head::Head;

/// The names of modules that PEFT trains whole, each once: those of `modules_to_save`, and the head of a
/// task's own. Of a task's names, only those that the model has.
pub fn trained_whole(config: &PeftConfig, base: &BaseModel) -> Vec<String> {
    let of_task = config.head.map_or(&[][..], Head::saved);
    let modules = base.modules(base.head(config.head)).unwrap_or_default();
    let has =
        |name: &str| modules.iter().any(|module| module.name.split('.').any(|part| part == name));
    // An adapter that PEFT has saved lists the task's names, too.
    let named = config.modules_to_save.iter().map(String::as_str);
    let named = named.filter(|name| !of_task.contains(name));
    let mut all: Vec<String> = Vec::new();
    for name in named.chain(of_task.iter().copied().filter(|name| has(name))) {
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    all
}
