//! `list`: the experiments and the topics of claims in a directory, one line each.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::cli::ListArgs;
use crate::error::CommandError;
use crate::typed::quoted;
use lora_analysis::verdict::escape;
use lora_experiment::experiment::{Source, load, read_topic};
use lora_experiment::study::suite::{TopicContents, topic_contents};

/// A line for every experiment file and every topic of claims, by name.
pub fn list(arguments: &ListArgs) -> Result<String, CommandError> {
    let mut files = experiment_files(&arguments.dir)?;
    files.sort();
    let lines: Vec<Line> = files.iter().map(|file| line(file)).collect();
    let longest = lines.iter().map(|line| line.name.chars().count()).max();
    let Some(longest) = longest else {
        let dir = arguments.dir.display();
        return Err(CommandError::Usage(format!("{dir}: holds no experiment file (*.toml)")));
    };
    let mut out = String::new();
    for Line { name, says, .. } in &lines {
        let _ = writeln!(out, "{name:<longest$}  {says}");
    }
    if let Some(topic) = files.iter().zip(&lines).find(|(_, line)| line.topic) {
        let file = quoted(&topic.0.to_string_lossy());
        let _ = writeln!(
            out,
            "\nClaims are measured by `width-sweep verify FILE`, as in `width-sweep verify {file}`; \
             with --list it shows what is predicted."
        );
    }
    Ok(out)
}

/// What is said of a file.
struct Line {
    name: String,
    says: String,
    /// Whether it is a topic of claims.
    topic: bool,
}

fn line(file: &Path) -> Line {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let label = file.display().to_string();
    let topic = read_topic(file).ok().and_then(|text| topic_contents(&label, &text));
    let (topic, says) = match topic {
        Some(contents) => {
            (true, contents.map(|contents| of_topic(&contents)).map_err(CommandError::from))
        }
        None => (false, title(file)),
    };
    let says = says.unwrap_or_else(|error| format!("not usable: {error}"));
    Line { name, says, topic }
}

/// The title of an experiment.
fn title(file: &Path) -> Result<String, CommandError> {
    let title =
        load(&Source { file: Some(file.to_owned()), ..Source::default() })?.experiment.title;
    Ok(if title.is_empty() { "(no title)".to_owned() } else { title })
}

fn of_topic(contents: &TopicContents) -> String {
    let TopicContents { title, claims, controls, studies } = contents;
    let counted = |count: &usize, [one, several]: [&str; 2]| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {several}")),
    };
    let counts = [
        counted(claims, ["claim", "claims"]),
        counted(controls, ["negative control", "negative controls"]),
        counted(studies, ["study", "studies"]),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    format!("{}: {}", escape::line(title), counts.join(", "))
}

fn experiment_files(dir: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let entries = std::fs::read_dir(dir).map_err(|error| {
        CommandError::Usage(format!(
            "{}: {error}; name the directory to look in, as in `width-sweep list DIR`",
            dir.display()
        ))
    })?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect())
}
