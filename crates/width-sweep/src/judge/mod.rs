//! `judge`: from a table of somebody's runs to exponents and verdicts.

mod text;

use lora_advice::predict::{PredictError, StatedSetting};
use lora_judge::{
    Asked, Better, CheckAsked, ColumnNames, JudgeError, Role, Table, TableFault, check, judge,
    write, write_check,
};
use lora_theory::{Setting, Trained};
use serde::Serialize;

use crate::cli::{ColumnArgs, JudgeArgs, TheoryArgs};
use crate::error::CommandError;
use crate::typed;

/// The exponents and verdicts of a table as text or as JSON; figures and a page with `--out`.
///
/// # Errors
/// A usage error for a table that cannot be judged and for flags that contradict each other.
pub fn judge_table(arguments: &JudgeArgs) -> Result<String, CommandError> {
    let setting = setting(&arguments.theory)?;
    let table = Table::read(&arguments.table, &named(arguments)).map_err(said)?;
    if arguments.coordinate_check {
        return coordinate_check(arguments, &table, setting);
    }
    let asked = Asked {
        names: names(&arguments.columns),
        ignored: arguments.ignore_column.clone(),
        by: arguments.by.clone(),
        better: better(arguments),
        init: arguments.init,
        setting,
        basin: arguments.basin,
        bound: arguments.stability_bound,
    };
    let judged = judge(&table, &asked).map_err(said)?;
    let mut out = if arguments.json { json(&judged)? } else { text::judgement(&judged) };
    if let Some(dir) = &arguments.out {
        let pages = write(&judged, dir, &typed::again()).map_err(said)?;
        if !arguments.json {
            pages.iter().for_each(|page| out += &format!("{}\n", page.display()));
        }
    }
    Ok(out)
}

fn coordinate_check(
    arguments: &JudgeArgs,
    table: &Table,
    setting: Option<Setting>,
) -> Result<String, CommandError> {
    let asked = CheckAsked {
        names: names(&arguments.columns),
        sizes: arguments.size.clone(),
        ignored: arguments.ignore_column.clone(),
        by: arguments.by.clone(),
        init: arguments.init,
        setting,
        gamma: arguments.lr_exponent,
    };
    let checked = check(table, &asked).map_err(said)?;
    let mut out = if arguments.json { json(&checked)? } else { text::check(&checked) };
    if let Some(dir) = &arguments.out {
        let written = write_check(&checked, dir).map_err(said)?;
        if !arguments.json {
            written.iter().for_each(|path| out += &format!("{}\n", path.display()));
        }
    }
    Ok(out)
}

fn json(value: &impl Serialize) -> Result<String, CommandError> {
    Ok(serde_json::to_string_pretty(value).map_err(CommandError::failed)? + "\n")
}

fn better(arguments: &JudgeArgs) -> Better {
    match arguments.higher_is_better {
        Some(best) => Better::Higher(best),
        None if arguments.lower_is_better => Better::Lower,
        None => Better::ByName,
    }
}

/// The flag that names each column.
fn flags(of: &ColumnArgs) -> [(Role, &'static str, &Option<String>); 10] {
    [
        (Role::Width, "--width-column", &of.width_column),
        (Role::Lr, "--lr-column", &of.lr_column),
        (Role::Loss, "--loss-column", &of.loss_column),
        (Role::Init, "--init-column", &of.init_column),
        (Role::Seed, "--seed-column", &of.seed_column),
        (Role::Rank, "--rank-column", &of.rank_column),
        (Role::Module, "--module-column", &of.module_column),
        (Role::Run, "--run-column", &of.run_column),
        (Role::Step, "--step-column", &of.step_column),
        (Role::PeakZb, "--zb-column", &of.zb_column),
    ]
}

fn names(of: &ColumnArgs) -> ColumnNames {
    let given = flags(of).into_iter();
    given.filter_map(|(role, _, name)| Some((role, name.clone()?))).collect()
}

/// Every column that the flags name.
fn named(arguments: &JudgeArgs) -> Vec<String> {
    let columns = names(&arguments.columns).into_values();
    let others = [&arguments.by, &arguments.size, &arguments.ignore_column];
    columns.chain(others.into_iter().flatten().cloned()).collect()
}

/// The stated setting; none if no flag states one.
fn setting(of: &TheoryArgs) -> Result<Option<Setting>, CommandError> {
    let TheoryArgs { readout, optimizer, train, .. } = of;
    let usage = |error: String| CommandError::Usage(format!("judge: {error}"));
    let train = train.as_deref().map(Trained::try_from).transpose();
    let train =
        train.map_err(|_| usage("--train names each factor once: A, B or A,B".to_owned()))?;
    let stated = StatedSetting {
        layer: of.layer,
        readout: *readout,
        optimizer: *optimizer,
        train,
        lr_ratio: of.lr_ratio_exponent,
        rank: of.rank_exponent,
        multiplier_rank: of.multiplier_rank,
        multiplier_width: of.multiplier_width,
    };
    let wrong = |error: PredictError| match error {
        PredictError::RatioOfOne { trained } => {
            usage(format!("--lr-ratio-exponent compares η_B with η_A, but {trained} trains"))
        }
        other => usage(other.to_string()),
    };
    stated.setting().map_err(wrong)
}

/// An error in terms of the flags.
fn said(error: JudgeError) -> CommandError {
    let text = format!("judge: {error}");
    match error {
        JudgeError::Table { fault, .. } => CommandError::Usage(text + &advice(&fault)),
        JudgeError::Analysis(error) => error.into(),
        JudgeError::Store(error) => error.into(),
        _ => CommandError::Failed(text),
    }
}

/// What to do about a table.
fn advice(fault: &TableFault) -> String {
    match fault {
        TableFault::NoColumn { role, .. } => {
            let none = ColumnArgs::default();
            let flag = flags(&none).into_iter().find(|(of, ..)| of == role);
            flag.map_or(String::new(), |(_, flag, _)| format!("; name the column with {flag}"))
        }
        TableFault::LrChanges { .. } => {
            "; name the column of that one with --lr-column, or drop the steps with --ignore-column"
                .to_owned()
        }
        TableFault::Tangled { .. } => {
            "; name a column with --seed-column or --run-column".to_owned()
        }
        TableFault::InitTwice { .. } => "; leave out --init, or add --ignore-column".to_owned(),
        TableFault::TooManySettings { .. } => {
            "; leave the column out with --ignore-column, or without --by".to_owned()
        }
        TableFault::NoSizes { .. } => "; name the columns with --size".to_owned(),
        TableFault::Compression(_) => {
            "; pandas writes one so with to_parquet(path, compression=\"snappy\")".to_owned()
        }
        TableFault::Cell { must, .. } if must.ends_with("best value of this column") => {
            "; state another one with --higher-is-better".to_owned()
        }
        _ => String::new(),
    }
}
