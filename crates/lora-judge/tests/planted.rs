//! Planted sweeps are judged as they were planted: slopes, bends, noise, gaps and diverged runs.

use crate::plant;
use crate::plant::{Plant, Random, csv, judged};
use lora_analysis::summary::ExponentSummary;
use lora_judge::{Asked, Judged};
use lora_stats::Agreement;
use lora_theory::{Init, Setting};
use lora_types::Verdict;
use proptest::prelude::*;

/// How many studies are planted for a rate, in proportion to PROPTEST_CASES.
fn studies() -> usize {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    cases.unwrap_or(256).max(64)
}

/// Init[A] with the standard readout, for which the theory says −3/4.
fn standard() -> Asked {
    Asked { setting: Some(Setting::default()), ..Asked::default() }
}

fn fit(judged: &Judged) -> &ExponentSummary {
    &judged.sweeps[0].summary.inits[&Init::A].eta_opt
}

fn verdict(judged: &Judged) -> Option<Verdict> {
    judged.sweeps[0].tests[&Init::A].eta_opt.verdict
}

proptest! {
    /// Without noise the parabola through three losses of a parabola is that parabola.
    #[test]
    fn a_planted_exponent_is_found_exactly(
        slope in -1.5..0.5f64,
        curvature in 0.01..2.0f64,
        seeds in 1u64..5,
        widths in prop::collection::btree_set(4u32..20, 2..7),
        shuffle in any::<u64>(),
    ) {
        let widths = widths.into_iter().map(|power| 1 << power).collect();
        let plant = Plant { widths, seeds, slope, curvature, noise: 0.0, ..Plant::default() };
        let mut runs = plant.runs();
        let plain = judged(&csv(&runs), &Asked::default());
        let found = fit(&plain).exponent.expect("a fit");
        prop_assert!((found - slope).abs() < 1e-9, "{found} is not {slope}");
        prop_assert_eq!(fit(&plain).lower.is_some(), seeds > 1);
        // The order of the rows says nothing.
        let mut random = Random::new(shuffle);
        for at in (1..runs.len()).rev() {
            runs.swap(at, (random.uniform() * (at + 1) as f64) as usize);
        }
        let shuffled = judged(&csv(&runs), &Asked::default());
        prop_assert_eq!(&shuffled.sweeps[0].summary, &plain.sweeps[0].summary);
    }

    /// A run that diverged is counted, and changes no optimum that it does not touch.
    #[test]
    fn diverged_runs_are_counted_and_move_nothing(
        word in prop::sample::select(vec!["nan", "NaN", "inf", "-inf", "", "None", "null", "1e999"]),
        stream in any::<u64>(),
    ) {
        let plant = Plant { stream, ..Plant::default() };
        let whole = judged(&plant.csv(), &Asked::default());
        let mut diverged = 0;
        let line = |(width, seed, lr, loss): plant::Run| {
            let far = lr.ln() > plant.ln_opt(width) + 3.0;
            diverged += usize::from(far);
            let loss = if far { word.to_owned() } else { loss.to_string() };
            format!("{width},{seed},{lr},{loss}\n")
        };
        let rows: String = plant.runs().into_iter().map(line).collect();
        let cut = judged(&format!("width,seed,lr,loss\n{rows}"), &Asked::default());
        prop_assert!(diverged > 0);
        prop_assert_eq!(cut.counts.diverged, diverged);
        let said = format!("{diverged} runs (the first is line ");
        prop_assert!(cut.notes.iter().any(|note| note.starts_with(&said)));
        prop_assert_eq!(fit(&cut), fit(&whole));
        let counted: usize =
            cut.sweeps[0].summary.inits[&Init::A].widths.iter().map(|row| row.diverged_runs).sum();
        prop_assert_eq!(counted, diverged);
    }

    /// Where a seed has no runs, its width is named and in no fit; the others are fitted as if it were not there.
    #[test]
    fn a_missing_seed_costs_its_width_alone(at in 0usize..6, seed in 0u64..5, stream in any::<u64>()) {
        let plant = Plant { stream, ..Plant::default() };
        let gone = plant.widths[at];
        let mut runs = plant.runs();
        runs.retain(|run| (run.0, run.1) != (gone, seed));
        let gap = judged(&csv(&runs), &Asked::default());
        prop_assert_eq!(&fit(&gap).excluded_widths, &vec![gone]);
        let said = format!("Init[A], n = {gone}: there are no runs of seed {seed}, so that this width is in no fit");
        prop_assert!(gap.sweeps[0].summary.warnings.contains(&said));
        runs.retain(|run| run.0 != gone);
        let without = judged(&csv(&runs), &Asked::default());
        prop_assert_eq!(fit(&gap).exponent, fit(&without).exponent);
        prop_assert_eq!(fit(&gap).lower, fit(&without).lower);
    }

    /// Repeated rows count once; a later row with another loss counts instead. Neither is hidden.
    #[test]
    fn repeated_rows_are_named(at in 0usize..200, stream in any::<u64>()) {
        let plant = Plant { stream, ..Plant::default() };
        let mut runs = plant.runs();
        let whole = judged(&csv(&runs), &Asked::default());
        let (width, seed, lr, loss) = runs[at];
        runs.push((width, seed, lr, loss));
        let again = judged(&csv(&runs), &Asked::default());
        prop_assert_eq!((again.counts.repeated, again.counts.replaced), (1, 0));
        prop_assert_eq!(&again.sweeps[0].summary, &whole.sweeps[0].summary);
        runs.insert(0, (width, seed, lr, 7.0 * loss));
        let replaced = judged(&csv(&runs), &Asked::default());
        prop_assert_eq!((replaced.counts.repeated, replaced.counts.replaced), (1, 1));
        prop_assert_eq!(&replaced.sweeps[0].summary, &whole.sweeps[0].summary);
        let said = "1 row (line 2) has a later row of the same run with another loss, which counts instead";
        prop_assert!(replaced.notes.iter().any(|note| note == said), "{:?}", replaced.notes);
    }

    /// An optimum at an end of the learning rates is a bound: it is named and in no fit.
    #[test]
    fn an_optimum_at_the_edge_is_a_bound(at in 0usize..6, lower in any::<bool>(), stream in any::<u64>()) {
        let plant = Plant { stream, ..Plant::default() };
        let cut = plant.widths[at];
        let mut runs = plant.runs();
        runs.retain(|&(width, _, lr, _)| {
            let beyond = if lower { lr.ln() < plant.ln_opt(width) + 1.0 } else { lr.ln() > plant.ln_opt(width) - 1.0 };
            width != cut || !beyond
        });
        let bound = judged(&csv(&runs), &Asked::default());
        prop_assert_eq!(&fit(&bound).excluded_widths, &vec![cut]);
        let row = bound.sweeps[0].summary.inits[&Init::A].widths.iter().find(|row| row.width == cut);
        prop_assert!(row.is_some_and(|row| !row.eta_opt.bracketed));
        let (end, side) = if lower { ("smallest", "below") } else { ("largest", "above") };
        let said = format!(
            "Init[A], n = {cut}, seeds 0, 1, 2, 3, 4: the {end} sampled learning rate is the best, so that the \
             optimum may lie {side} it"
        );
        prop_assert!(bound.sweeps[0].summary.warnings.contains(&said), "{:?}", bound.sweeps[0].summary.warnings);
    }
}

/// The rate of hits may miss the expected one by four standard deviations of a binomial count.
fn assert_rate(hits: usize, of: usize, rate: f64, what: &str) {
    let (share, deviation) = (hits as f64 / of as f64, (rate * (1.0 - rate) / of as f64).sqrt());
    assert!((share - rate).abs() <= 4.0 * deviation, "{what}: {share:.3} of {of}, not {rate}");
}

#[test]
fn intervals_cover_a_planted_exponent_in_95_of_100_studies() {
    let covers = |stream: u64| {
        let plant = Plant { stream, noise: 0.2, side: 8, ..Plant::default() };
        let judged = judged(&plant.csv(), &Asked::default());
        let fit = fit(&judged);
        fit.lower.zip(fit.upper).is_some_and(|(lower, upper)| lower <= -0.75 && -0.75 <= upper)
    };
    let studies = studies();
    let hits = (0..studies as u64).filter(|&stream| covers(stream)).count();
    assert_rate(hits, studies, 0.95, "coverage");
}

/// Each wrong one is 1/4 or more from the prediction −3/4, which may then hold in at most 2.5% of studies. The
/// rules leave up to 19% of such studies undecided; four standard deviations of a binomial count more are
/// allowed here.
#[test]
fn a_wrong_exponent_is_refuted_and_a_right_one_holds() {
    for (slope, expected) in [
        (-0.75, Verdict::Holds),
        (-0.5, Verdict::Refuted),
        (-1.0, Verdict::Refuted),
        (0.0, Verdict::Refuted),
    ] {
        let verdicts: Vec<_> = (0..40)
            .map(|stream| {
                verdict(&judged(&Plant { slope, stream, ..Plant::default() }.csv(), &standard()))
            })
            .collect();
        let expected_ones = verdicts.iter().filter(|verdict| **verdict == Some(expected)).count();
        assert!(expected_ones >= 22, "{slope}: {expected_ones} of 40 are {expected}");
        if expected == Verdict::Refuted {
            assert!(!verdicts.contains(&Some(Verdict::Holds)), "{slope}");
        }
    }
}

#[test]
fn a_bent_curve_is_no_power_law_with_and_without_a_prediction() {
    let bent = Plant { bend: 0.2, noise: 0.02, ..Plant::default() }.csv();
    for asked in [Asked::default(), standard()] {
        let judged = judged(&bent, &asked);
        assert_eq!(verdict(&judged), Some(Verdict::NotAPowerLaw));
        assert!(fit(&judged).not_a_power_law.is_some());
    }
    let straight = judged(&Plant { noise: 0.02, ..Plant::default() }.csv(), &Asked::default());
    let test = &straight.sweeps[0].tests[&Init::A].eta_opt;
    assert_eq!((test.verdict, test.reason.as_str()), (None, "nothing speaks against a power law"));
}

const ONE_SEED: &str =
    "there is no interval, which takes two seeds or more, and so there is no verdict";

#[test]
fn one_seed_has_no_interval_and_says_so() {
    let judged = judged(&Plant { seeds: 1, ..Plant::default() }.csv(), &standard());
    let fit = fit(&judged);
    assert!(
        fit.exponent.is_some() && fit.lower.is_none() && fit.agreement == Agreement::NoInterval
    );
    assert_eq!(verdict(&judged), None);
    assert_eq!(judged.sweeps[0].summary.warnings, ["one seed gives no intervals"]);
    let test = &judged.sweeps[0].tests[&Init::A].eta_opt;
    assert_eq!(test.reason, ONE_SEED);
}

/// Rows without seeds are told apart by their order, and give the intervals that seeds would give.
#[test]
fn rows_without_seeds_count_as_seeds_in_their_order() {
    let plant = Plant::default();
    let runs = plant.runs();
    let rows = runs.iter().map(|(width, _, lr, loss)| format!("{width},{lr},{loss}\n"));
    let unseeded = format!("width,lr,loss\n{}", rows.collect::<String>());
    let unseeded = judged(&unseeded, &Asked::default());
    let seeded = judged(&csv(&runs), &Asked::default());
    assert_eq!(fit(&unseeded), fit(&seeded));
    let said = "there is no column of seeds: the k-th row at a width and a learning rate counts as seed k, \
                which gives up to 5 seeds";
    assert!(unseeded.notes.iter().any(|note| note == said), "{:?}", unseeded.notes);
}

/// Two inits and three ranks: each init is a series, each rank a setting, and none mixes with another.
#[test]
fn settings_are_judged_separately() {
    let mut text = "width,seed,lr,loss,init,rank\n".to_owned();
    let slope =
        |init: &str, rank: u32| f64::from(rank) / -16.0 - if init == "B" { 0.25 } else { 0.0 };
    for init in ["A", "B"] {
        for rank in [16, 4, 8] {
            let plant = Plant { slope: slope(init, rank), noise: 0.0, ..Plant::default() };
            for (width, seed, lr, loss) in plant.runs() {
                text += &format!("{width},{seed},{lr},{loss},{init},{rank}\n");
            }
        }
    }
    let judged = judged(&text, &Asked::default());
    assert_eq!(judged.sweeps.len(), 3);
    for (sweep, rank) in judged.sweeps.iter().zip([4, 8, 16]) {
        assert_eq!(sweep.setting["rank"], rank.to_string());
        for (init, name) in [(Init::A, "A"), (Init::B, "B")] {
            let found = sweep.summary.inits[&init].eta_opt.exponent.expect("a fit");
            assert!((found - slope(name, rank)).abs() < 1e-9, "{found}");
        }
    }
    let said = "3 settings are judged separately: rank 4; rank 8; rank 16";
    assert!(judged.notes.iter().any(|note| note == said), "{:?}", judged.notes);
}

/// η_stable is where Z_B, here 1000 η n^1/2, passes 10: an exponent of −1/2.
#[test]
fn the_largest_stable_learning_rate_follows_from_z_b() {
    let rows = Plant::default().runs().into_iter().map(|(width, seed, lr, loss)| {
        let zb = 1000.0 * lr * (width as f64).sqrt() * (1.0 + 0.01 * seed as f64);
        format!("{width},{seed},{lr},{loss},{zb}\n")
    });
    let text = format!("width,seed,lr,loss,zb\n{}", rows.collect::<String>());
    let judged = judged(&text, &standard());
    let sweep = &judged.sweeps[0];
    let fit = &sweep.summary.inits[&Init::A].eta_stable;
    assert!((fit.exponent.expect("a fit") + 0.5).abs() < 1e-9, "{fit:?}");
    assert_eq!(fit.predicted_exact.as_deref(), Some("-1/2"));
    let test = sweep.tests[&Init::A].eta_stable.as_ref().expect("a test");
    assert_eq!(test.verdict, Some(Verdict::Holds));
}

/// Runs of two optimisers that nobody set apart: the note names the column, and judging by it solves it.
#[test]
fn a_column_that_sets_runs_apart_is_named() {
    let mut text = "name,width,seed,lr,loss,optimizer\n".to_owned();
    for (optimizer, slope) in [("adam", -0.75), ("sgd", -1.0)] {
        let plant = Plant { slope, noise: 0.0, ..Plant::default() };
        for (at, (width, seed, lr, loss)) in plant.runs().into_iter().enumerate() {
            text += &format!("{optimizer}{at},{width},{seed},{lr},{loss},{optimizer}\n");
        }
    }
    let mixed = judged(&text, &Asked::default());
    assert!(mixed.counts.replaced > 0);
    let said = "if this column sets runs apart, judge its values separately: optimizer";
    assert!(mixed.notes.iter().any(|note| note == said), "{:?}", mixed.notes);
    let apart = judged(&text, &Asked { by: vec!["optimizer".to_owned()], ..Asked::default() });
    assert_eq!((apart.counts.replaced, apart.sweeps.len()), (0, 2));
    let found = apart.sweeps.iter().map(|sweep| sweep.summary.inits[&Init::A].eta_opt.exponent);
    for (found, slope) in found.zip([-0.75, -1.0]) {
        assert!((found.expect("a fit") - slope).abs() < 1e-9);
    }
}

/// Of six widths and six seeds, two seeds lack four and five widths: four seeds with six widths keep more than six
/// seeds with one.
#[test]
fn seeds_that_lack_many_widths_are_left_out() {
    let plant = Plant { seeds: 6, ..Plant::default() };
    let mut runs = plant.runs();
    runs.retain(|&(width, seed, ..)| match seed {
        1 => width <= 256,
        4 => width <= 128,
        _ => true,
    });
    let gap = judged(&csv(&runs), &Asked::default());
    let said = "Init[A]: seeds 1, 4 are left out for lack of runs at some widths, so that more widths and seeds \
                enter the fit";
    assert!(gap.notes.iter().any(|note| note == said), "{:?}", gap.notes);
    assert!(fit(&gap).excluded_widths.is_empty());
    runs.retain(|run| ![1, 4].contains(&run.1));
    let without = judged(&csv(&runs), &Asked::default());
    assert_eq!(gap.sweeps[0].summary, without.sweeps[0].summary);
    assert_eq!(gap.sweeps[0].tests, without.sweeps[0].tests);
}

/// At n = 64 both neighbours of the best learning rate diverged, a factor 2 and a factor 8 away.
#[test]
fn optima_that_are_not_interpolated_are_named() {
    let text = "width,lr,loss\n64,1,nan\n64,2,0.5\n64,16,nan\n128,1,0.5\n128,2,0.2\n128,4,0.5\n";
    let judged = judged(text, &Asked::default());
    let said = "Init[A]: 1 of 2 optima are sampled learning rates and not interpolated, since no parabola goes \
                through their neighbours; the largest ratio of neighbours is 8.000";
    let warnings = &judged.sweeps[0].summary.warnings;
    assert!(warnings.iter().any(|warning| warning == said), "{warnings:?}");
}

/// A table without inits does not say that one init alone was trained; one with inits does.
#[test]
fn the_conclusion_knows_whether_there_are_inits() {
    let runs = Plant::default().runs();
    let conclusion = |text: &str| judged(text, &Asked::default()).sweeps[0].conclusion();
    let told = conclusion(&csv(&runs));
    assert!(told.starts_with("Every run counts as Init[A]; from n = 128 to 4096, "), "{told}");
    let row = |(width, seed, lr, loss): &plant::Run| format!("{width},{seed},{lr},{loss},B\n");
    let rows: String = runs.iter().map(row).collect();
    let told = conclusion(&format!("width,seed,lr,loss,init\n{rows}"));
    assert!(told.starts_with("Init[B] alone was trained; from n = 128 to 4096, "), "{told}");
}

/// An error of 0 has no logarithm: the optimum is a sampled learning rate, and that is said.
#[test]
fn losses_of_nought_are_named() {
    let text = "width,lr,loss\n64,1,0.5\n64,2,0\n64,4,0.5\n128,1,0.5\n128,2,0.2\n128,4,0.5\n";
    let judged = judged(text, &Asked::default());
    let said = "the best score is not positive in 1 of the curves, which are read without its logarithm: \
                their optimum is a sampled learning rate, and they have no basin";
    let warnings = &judged.sweeps[0].summary.warnings;
    assert!(warnings.iter().any(|warning| warning == said), "{warnings:?}");
    assert_eq!(fit(&judged).exponent, Some(0.0));
}
