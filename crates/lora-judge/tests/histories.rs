//! Tables with several rows of a run, with and without seeds and run ids.

use crate::plant;
use crate::plant::{Plant, judged, refused};
use lora_judge::{Asked, Judged};
use lora_types::Init;

fn exponent(judged: &Judged) -> f64 {
    judged.sweeps[0].summary.inits[&Init::A].eta_opt.exponent.expect("a fit")
}

fn says(judged: &Judged, said: &str) {
    assert!(judged.notes.iter().any(|note| note == said), "{said}: {:?}", judged.notes);
}

/// A run diverges far above its optimum; `word` says so in the column `diverged`.
fn marked(word: impl Fn(bool) -> &'static str, name: &str) -> (String, usize) {
    let plant = Plant { noise: 0.0, ..Plant::default() };
    let mut count = 0;
    let row = |(width, seed, lr, loss): plant::Run| {
        let far = lr.ln() > plant.ln_opt(width) + 3.0;
        count += usize::from(far);
        format!("{width},{seed},{lr},{loss},{}\n", word(far))
    };
    let rows: String = plant.runs().into_iter().map(row).collect();
    (format!("width,seed,lr,loss,{name}\n{rows}"), count)
}

#[test]
fn a_column_that_says_whether_runs_diverged_is_no_step() {
    for (yes, no) in [("1", "0"), ("True", "False"), ("yes", "no"), ("1.0", "0.0"), ("true", "")] {
        let (text, count) = marked(|far| if far { yes } else { no }, "diverged");
        let judged = judged(&text, &Asked::default());
        assert_eq!(judged.counts.diverged, count, "{yes} and {no}");
        assert!((exponent(&judged) + 0.75).abs() < 1e-9);
        assert!(judged.notes.iter().any(|note| {
            note.starts_with(&format!("{count} runs (the first is line "))
                && note.ends_with("diverged, as the column diverged says, and so in no optimum")
        }));
    }
    // A step of 0 is a step.
    let (text, count) = marked(|far| if far { "0" } else { "" }, "diverged_at");
    assert_eq!(judged(&text, &Asked::default()).counts.diverged, count);
    let (text, _) = marked(|_| "0", "diverged_at");
    assert_eq!(judged(&text, &Asked::default()).counts.diverged, 390);
}

/// A row without a loss says nothing where the run has one at another step; NaN is divergence.
#[test]
fn an_empty_loss_of_a_history_is_not_logged() {
    let plant = Plant { noise: 0.0, ..Plant::default() };
    let history = |last: &str| -> String {
        let row = |(width, seed, lr, loss): plant::Run| {
            format!("{width},{seed},{lr},1,{loss},3\n{width},{seed},{lr},2,{last},50\n")
        };
        plant.runs().into_iter().map(row).collect()
    };
    let of = |last: &str| {
        judged(&format!("width,seed,lr,step,loss,zb\n{}", history(last)), &Asked::default())
    };
    let empty = of("");
    assert_eq!((empty.counts.diverged, empty.counts.without_loss), (0, 390));
    assert!((exponent(&empty) + 0.75).abs() < 1e-9);
    says(
        &empty,
        "390 rows (the first is line 3) have no loss, and say nothing of it, since their runs have one at another \
         step",
    );
    // What such a row says of Z_B counts.
    assert!(empty.sweeps[0].runs().iter().all(|run| run.peak_zb == Some(50.0)));
    for word in ["nan", "inf", "-inf"] {
        let diverged = of(word);
        assert_eq!((diverged.counts.diverged, diverged.counts.without_loss), (390, 0), "{word}");
    }
    let never = "width,lr,step,loss\n64,1,1,\n64,1,2,\n64,2,1,3\n";
    assert_eq!(judged(never, &Asked::default()).counts.diverged, 1);
}

/// Runs that are told apart by their ids alone, whose rows are mixed and end at different steps.
#[test]
fn run_ids_stand_for_seeds() {
    let plant = Plant { noise: 0.0, ..Plant::default() };
    for name in ["run_id", "id", "run", "Name", "run_name"] {
        let row = |step: u64, (at, (width, _, lr, loss)): (usize, plant::Run)| {
            // Every run has its own last step.
            let last = 10 + at as u64 % 3;
            let loss = if step < last { 1e-9 } else { loss };
            (step <= last).then(|| format!("run-{at},{width},{lr},{step},{loss}\n"))
        };
        let rows: String = (8..13)
            .rev()
            .flat_map(|step| {
                plant.runs().into_iter().enumerate().filter_map(move |run| row(step, run))
            })
            .collect();
        let judged = judged(&format!("{name},width,lr,step,loss\n{rows}"), &Asked::default());
        assert_eq!((judged.counts.runs, judged.counts.replaced), (390, 0), "{name}");
        assert!((exponent(&judged) + 0.75).abs() < 1e-9, "{name}");
        says(
            &judged,
            "there is no column of seeds: the k-th run at a width and a learning rate counts as seed k, which gives \
             up to 5 seeds",
        );
    }
}

/// A number of the repetition does too; one name for all runs tells nothing apart.
#[test]
fn ids_that_repeat_are_seeds_or_nothing() {
    let plant = Plant::default();
    let row = |(width, seed, lr, loss): plant::Run| format!("{seed},all,{width},{lr},{loss}\n");
    let rows: String = plant.runs().into_iter().map(row).collect();
    let seeded = judged(&plant.csv(), &Asked::default());
    for head in ["run,x", "x,name"] {
        let judged = judged(&format!("{head},width,lr,loss\n{rows}"), &Asked::default());
        assert_eq!(judged.counts.runs, 390, "{head}");
        let fits = [&judged, &seeded].map(|of| &of.sweeps[0].summary.inits[&Init::A].eta_opt);
        assert_eq!(fits[0], fits[1], "{head}");
    }
}

#[test]
fn runs_of_different_lengths_that_nothing_tells_apart_are_refused() {
    let text = "width,lr,step,loss\n64,0.1,0,3\n64,0.1,1,2\n64,0.1,0,4\n64,0.1,1,3\n64,0.1,2,1\n";
    assert_eq!(
        refused(text, &Asked::default()),
        "sweep.csv: line 2: several runs at width 64 and learning rate 0.1 end at different steps, and no column of \
         seeds or of run ids says which row is whose"
    );
    let even = format!("{text}64,0.1,2,2\n");
    assert_eq!(judged(&even, &Asked::default()).counts.runs, 2);
}

/// A rerun with the seed of another run is not joined to it, though it went further.
#[test]
fn two_runs_of_one_seed_are_not_joined() {
    let text = "run_id,width,seed,lr,step,loss\na,64,0,0.1,1,5\na,64,0,0.1,2,4\nb,64,0,0.1,1,3\n";
    let judged = judged(text, &Asked::default());
    assert_eq!((judged.counts.runs, judged.counts.replaced), (1, 1));
    assert_eq!(judged.sweeps[0].runs()[0].score, Some(3.0));
}

#[test]
fn iterations_and_epochs_are_steps() {
    let plant = Plant { noise: 0.0, ..Plant::default() };
    for (name, last) in [("epoch", "1.5"), ("iteration", "2"), ("iter", "10")] {
        let row = |(width, seed, lr, loss): plant::Run| {
            format!("{width},{seed},{lr},{last},{loss}\n{width},{seed},{lr},1,{}\n", 0.001 * loss)
        };
        let rows: String = plant.runs().into_iter().map(row).collect();
        let judged = judged(&format!("width,seed,lr,{name},loss\n{rows}"), &Asked::default());
        assert_eq!((judged.counts.earlier_steps, judged.counts.replaced), (390, 0), "{name}");
        assert!((exponent(&judged) + 0.75).abs() < 1e-9, "{name}");
    }
}

#[test]
fn identical_rows_are_no_seeds_and_columns_that_may_set_seeds_apart_are_named() {
    let text = "width,lr,loss\n64,1,0.5\n64,1,0.5\n64,2,0.4\n";
    let twice = judged(text, &Asked::default());
    assert_eq!((twice.counts.runs, twice.counts.repeated), (2, 1));
    assert!(twice.notes.iter().all(|note| !note.contains("seeds")), "{:?}", twice.notes);
    let mut text = "width,lr,loss,optimizer\n".to_owned();
    for optimizer in ["adam", "sgd"] {
        for (width, _, lr, loss) in (Plant { seeds: 1, ..Plant::default() }).runs() {
            text += &format!("{width},{lr},{loss},{optimizer}\n");
        }
    }
    let mixed = judged(&text, &Asked::default());
    says(&mixed, "if this column sets runs apart, judge its values separately: optimizer");
}

/// The largest Z_B of a run is that of the steps that have one, whatever row the loss is from.
#[test]
fn the_peak_of_z_b_is_over_every_row_that_has_one() {
    let peaks = |rows: &str| {
        let judged = judged(&format!("width,seed,lr,step,loss,zb\n{rows}"), &Asked::default());
        judged.sweeps[0].runs().iter().map(|run| run.peak_zb).collect::<Vec<_>>()
    };
    for (rows, peak) in [
        ("64,0,1,1,3,9\n64,0,1,2,2,\n64,0,1,3,1,4\n", Some(9.0)),
        // A row that is replaced, and one that repeats the step.
        ("64,0,1,1,3,2\n64,0,1,1,2,7\n64,0,1,1,1,5\n", Some(7.0)),
        ("64,0,1,1,3,2\n64,0,1,2,2,nan\n64,0,1,3,1,5\n", None),
        ("64,0,1,1,3,2\n64,0,1,2,2,inf\n", None),
    ] {
        assert_eq!(peaks(rows), [peak], "{rows}");
    }
}
