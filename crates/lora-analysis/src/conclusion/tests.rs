use std::collections::BTreeMap;

use lora_stats::Agreement;

use super::*;
use crate::summary::{InitSummary, LrSummary};

/// A fit over n = 128 to 8192.
fn fit(exponent: f64, predicted: &str, agreement: Agreement) -> ExponentSummary {
    ExponentSummary {
        exponent: Some(exponent),
        lower: Some(exponent - 0.06),
        upper: Some(exponent + 0.06),
        predicted_exact: Some(predicted.to_owned()),
        agreement,
        widths_used: vec![128, 1024, 8192],
        ..ExponentSummary::default()
    }
}

/// A loss with an interval of ten per cent on either side.
fn row(width: usize, loss: f64) -> WidthSummary {
    WidthSummary {
        width,
        eta_opt: LrSummary { bracketed: true, ..LrSummary::default() },
        loss: ValueSummary { value: Some(loss), lower: Some(0.9 * loss), upper: Some(1.1 * loss) },
        basin: Default::default(),
        eta_stable: Default::default(),
        test_loss: Default::default(),
        za_rms: Default::default(),
        zb_rms: Default::default(),
        za_norm: Default::default(),
        zb_norm: Default::default(),
        diverged_runs: 0,
        runs: 0,
    }
}

fn init(eta_opt: ExponentSummary, eta_stable: ExponentSummary, loss: f64) -> InitSummary {
    InitSummary { eta_opt, eta_stable, widths: vec![row(1024, 2.0 * loss), row(8192, loss)] }
}

fn summary(inits: impl IntoIterator<Item = (Init, InitSummary)>) -> Summary {
    Summary {
        schema: 1,
        experiment: "planted".to_owned(),
        title: String::new(),
        quick: false,
        level: 0.95,
        inits: inits.into_iter().collect::<BTreeMap<_, _>>(),
        statements: Vec::new(),
        coordinates: None,
        limit: None,
        warnings: Vec::new(),
    }
}

/// Init[A] and Init[B], each with two exponents that agree.
fn agreeing(loss_a: f64, loss_b: f64) -> Summary {
    let of = |opt, stable, loss| {
        let predicted = |exponent: f64| if exponent == -1.0 { "-1" } else { "-1/2" };
        let fit = |exponent: f64| fit(exponent, predicted(exponent), Agreement::Agrees);
        init(fit(opt), fit(stable), loss)
    };
    summary([(Init::A, of(-0.5, -0.5, loss_a)), (Init::B, of(-1.0, -1.0, loss_b))])
}

#[test]
fn agreement_everywhere() {
    assert_eq!(
        conclusion(&agreeing(0.1, 0.2)),
        "Each at its own best learning rate, Init[A] ends at 0.50 times the loss of Init[B] at \
         n = 8192; from n = 128 to 8192, the best learning rate of Init[A] falls like n^−0.50 (95% \
         interval −0.56 to −0.44) and that of Init[B] falls like n^−1.00 (95% interval −1.06 to \
         −0.94). The measurement agrees with the theory for the best learning rate under Init[A] \
         (predicted −1/2) and Init[B] (predicted −1) and for the largest stable learning rate under \
         Init[A] (predicted −1/2) and Init[B] (predicted −1)."
    );
}

#[test]
fn the_better_init_comes_first_whatever_its_name() {
    let text = conclusion(&agreeing(0.3, 0.1));
    assert!(text.contains("Init[B] ends at 0.33 times the loss of Init[A] at n = 8192"), "{text}");
    assert!(
        text.contains("; from n = 128 to 8192, the best learning rate of Init[B] falls like"),
        "{text}"
    );
}

#[test]
fn intervals_that_overlap_rank_nothing() {
    let text = conclusion(&agreeing(0.100, 0.115));
    assert!(
        text.starts_with(
            "Each at its own best learning rate, Init[A] and Init[B] end at losses that the intervals \
             do not tell apart at n = 8192; "
        ),
        "{text}"
    );
    assert!(!text.contains("times the loss"), "{text}");
}

#[test]
fn an_exclusion_names_both_exponents() {
    let mut summary = agreeing(0.1, 0.2);
    let stable = &mut summary.inits.get_mut(&Init::A).expect("Init[A]").eta_stable;
    *stable = fit(-0.56, "-1/2", Agreement::Excluded);
    let text = conclusion(&summary);
    assert!(
        text.ends_with(
            "; it excludes the predicted exponent for the largest stable learning rate under Init[A] \
             (predicted −1/2, measured −0.56)."
        ),
        "{text}"
    );
}

#[test]
fn an_interval_that_is_too_wide_tells_nothing_and_gives_no_direction() {
    let mut summary = agreeing(0.1, 0.2);
    let opt = &mut summary.inits.get_mut(&Init::B).expect("Init[B]").eta_opt;
    *opt = fit(-0.5, "-1", Agreement::TooWide);
    (opt.lower, opt.upper) = (Some(-1.2), Some(0.2));
    let text = conclusion(&summary);
    assert!(
        text.contains(
            "of Init[B] shows no clear trend (exponent −0.50, 95% interval −1.20 to 0.20)"
        ),
        "{text}"
    );
    let wide =
        "; it is too uncertain to tell for the best learning rate under Init[B] (predicted −1).";
    assert!(text.ends_with(wide), "{text}");
}

#[test]
fn what_is_not_bracketed_has_no_exponent_and_no_rank() {
    let mut summary = agreeing(0.1, 0.2);
    let b = summary.inits.get_mut(&Init::B).expect("Init[B]");
    b.eta_opt = ExponentSummary {
        predicted_exact: Some("-1".to_owned()),
        excluded_widths: vec![1024, 8192],
        ..ExponentSummary::default()
    };
    b.widths[1].eta_opt.bracketed = false;
    let text = conclusion(&summary);
    assert!(
        text.contains("−0.44) from n = 128 to 8192 and that of Init[B] has no exponent"),
        "{text}"
    );
    // The widest width at which both are inside the search.
    assert!(text.contains("0.50 times the loss of Init[B] at n = 1024"), "{text}");
    assert!(
        text.contains("has no exponent, since fewer than two widths have it inside the search"),
        "{text}"
    );
    assert!(
        text.contains("; it brackets too few widths to fit an exponent for the best"),
        "{text}"
    );
    summary.inits.get_mut(&Init::B).expect("Init[B]").widths[0].eta_opt.bracketed = false;
    let text = conclusion(&summary);
    assert!(text.starts_with("The inits cannot be ranked, since at no width"), "{text}");
}

#[test]
fn what_is_no_power_law_is_not_compared() {
    let mut summary = agreeing(0.1, 0.2);
    let b = summary.inits.get_mut(&Init::B).expect("Init[B]");
    for fit in [&mut b.eta_opt, &mut b.eta_stable] {
        fit.not_a_power_law = Some("a bend".to_owned());
    }
    let text = conclusion(&summary);
    assert!(text.contains("and that of Init[B] follows no power law. The"), "{text}");
    assert!(
        text.ends_with(
            "; it shows no power law, and so no exponent to compare, for the best learning rate under \
             Init[B] (predicted −1) and for the largest stable learning rate under Init[B] (predicted \
             −1)."
        ),
        "{text}"
    );
}

#[test]
fn one_init_is_not_ranked() {
    let mut one = agreeing(0.1, 0.2);
    one.inits.remove(&Init::A);
    let text = conclusion(&one);
    let start = "Init[B] alone was trained; from n = 128 to 8192, the best learning rate of Init[B] \
                 falls like n^−1.00 ";
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn three_inits_are_ranked_against_the_next_best() {
    let mut summary = agreeing(0.1, 0.4);
    let both = summary.inits[&Init::A].clone();
    summary.inits.insert(Init::AB, InitSummary { widths: vec![row(8192, 0.2)], ..both });
    let text = conclusion(&summary);
    assert!(
        text.contains(
            "Init[A] ends at 0.50 times the loss of Init[AB], the next best, at n = 8192"
        ),
        "{text}"
    );
    let tied = InitSummary { widths: vec![row(8192, 0.11)], ..summary.inits[&Init::A].clone() };
    summary.inits.insert(Init::AB, tied);
    assert!(conclusion(&summary).contains("Init[A] and Init[AB] end at losses"));
}

#[test]
fn without_a_prediction_nothing_agrees() {
    let mut summary = agreeing(0.1, 0.2);
    for init in summary.inits.values_mut() {
        for fit in [&mut init.eta_opt, &mut init.eta_stable] {
            (fit.predicted_exact, fit.agreement) = (None, Agreement::NoPrediction);
        }
    }
    assert!(
        conclusion(&summary).ends_with(
            " The measurement meets no prediction for the best learning rate under Init[A] and Init[B] \
             and for the largest stable learning rate under Init[A] and Init[B]."
        ),
        "{}",
        conclusion(&summary)
    );
}

#[test]
fn a_single_seed_ranks_nothing() {
    let mut summary = agreeing(0.1, 0.2);
    for init in summary.inits.values_mut() {
        for fit in [&mut init.eta_opt, &mut init.eta_stable] {
            (fit.lower, fit.upper, fit.agreement) = (None, None, Agreement::NoInterval);
        }
        for row in &mut init.widths {
            (row.loss.lower, row.loss.upper) = (None, None);
        }
    }
    let text = conclusion(&summary);
    assert!(
        text.starts_with(
            "One seed gives no intervals, so the inits are not ranked; from n = 128 to 8192, the best \
             learning rate of Init[A] falls like n^−0.50 (no interval) and "
        ),
        "{text}"
    );
    let compared = "The measurement has one seed, and so no interval to compare, for the best";
    assert!(text.contains(compared), "{text}");
}

/// The committed runs, whose tables the README quotes.
#[test]
fn the_better_init_changes_with_the_readout() {
    for (run, best, other) in [
        (include_str!("../../../../figures/paper/summary.json"), "Init[A]", "Init[B]"),
        (include_str!("../../../../figures/mup-readout/summary.json"), "Init[B]", "Init[A]"),
    ] {
        let text = conclusion(&serde_json::from_str(run).expect("a summary"));
        let start = format!("Each at its own best learning rate, {best} ends at 0.");
        assert!(text.starts_with(&start), "{text}");
        assert!(text.contains(&format!(" times the loss of {other} at n = ")), "{text}");
    }
}

#[test]
fn one_width_and_one_seed_read_well() {
    let mut summary = agreeing(0.1, 0.2);
    for init in summary.inits.values_mut() {
        init.widths.truncate(1);
        (init.widths[0].loss.lower, init.widths[0].loss.upper) = (None, None);
        for fit in [&mut init.eta_opt, &mut init.eta_stable] {
            *fit = ExponentSummary {
                no_prediction: Some("no prediction, because it is another model".to_owned()),
                ..ExponentSummary::default()
            };
        }
    }
    assert_eq!(
        conclusion(&summary),
        "One seed gives no intervals, so the inits are not ranked; one width says nothing of how \
         learning rates move with it. There is nothing to compare this with: no prediction, because it \
         is another model."
    );
}

#[test]
fn inits_without_an_exponent_share_a_sentence() {
    let mut summary = agreeing(0.1, 0.2);
    for init in summary.inits.values_mut() {
        init.eta_opt.exponent = None;
    }
    let text = conclusion(&summary);
    assert!(
        text.contains(
            "; the best learning rates of Init[A] and Init[B] have no exponent, since fewer than two \
             widths have them inside the search at every seed. The measurement"
        ),
        "{text}"
    );
}
