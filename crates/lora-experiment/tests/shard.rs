//! Shares of a sweep: every cell in one, loads that are alike, and how a share is written.

use std::path::Path;

use lora_experiment::cells::{Cell, cells};
use lora_experiment::experiment::Experiment;
use lora_experiment::shard::Shard;
use lora_experiment::study::definition::Study;
use proptest::prelude::*;

/// Most shards of a sweep.
const MOST: u32 = 1 << 16;

fn study(e: &Experiment) -> [Study; 1] {
    [Study::of("test", e).expect("a grid")]
}

fn experiment(widths: Vec<usize>, seeds: u64) -> Experiment {
    let mut e = Experiment::default();
    (e.model.widths, e.training.seeds) = (widths.into(), (0..seeds).collect());
    e
}

fn load(studies: &[Study], cells: &[Cell]) -> u128 {
    cells.iter().map(|&cell| studies[cell.study].cost(cell)).sum()
}

prop_compose! {
    fn experiments()(
        widths in prop::collection::btree_set(2usize..5000, 1..8),
        seeds in 1u64..7,
    ) -> Experiment {
        experiment(widths.into_iter().collect(), seeds)
    }
}

proptest! {
    #[test]
    fn every_cell_is_in_exactly_one_shard_and_in_the_order_of_the_plan(
        e in experiments(), of in 1u32..60,
    ) {
        let studies = study(&e);
        let plan = cells(&studies);
        let place = |cell: &Cell| plan.iter().position(|other| other == cell).expect("in it");
        let mut all = Vec::new();
        for shard in Shard::all(of) {
            let places: Vec<usize> = shard.cells(&studies).iter().map(place).collect();
            prop_assert!(places.is_sorted());
            all.extend(places);
        }
        all.sort_unstable();
        prop_assert_eq!(all, (0..plan.len()).collect::<Vec<_>>());
    }

    #[test]
    fn loads_are_no_further_apart_than_the_costliest_cell(e in experiments(), of in 1u32..60) {
        let studies = study(&e);
        let loads = Shard::all(of).map(|shard| load(&studies, &shard.cells(&studies)));
        let loads: Vec<u128> = loads.collect();
        let all = cells(&studies).into_iter().map(|cell| studies[0].cost(cell));
        let costliest = all.max().expect("a cell");
        let apart = loads.iter().max().expect("a shard") - loads.iter().min().expect("a shard");
        prop_assert!(apart <= costliest, "{loads:?}");
    }

    #[test]
    fn what_does_not_decide_the_cells_does_not_move_them(e in experiments(), of in 1u32..60) {
        let mut other = e.clone();
        (other.training.steps, other.model.points) = (7, 12);
        (other.search.lr_max, other.title) = (0.5, "other".to_owned());
        for shard in Shard::all(of) {
            prop_assert_eq!(shard.cells(&study(&e)), shard.cells(&study(&other)));
        }
    }

    #[test]
    fn a_shard_is_read_back_from_its_text_and_its_directory(
        (number, of) in (1..=MOST).prop_flat_map(|of| (1..=of, Just(of))),
    ) {
        let shard = Shard { of, number };
        prop_assert_eq!(shard.to_string().parse(), Ok(shard));
        let dir = shard.dir(Path::new("sweep"));
        let name = dir.file_name().and_then(|name| name.to_str()).expect("a name");
        prop_assert_eq!(Shard::of_dir(name), Some(shard));
    }

    #[test]
    fn any_text_is_a_shard_or_refused(text in "[0-9/+ -]{0,9}|\\PC*") {
        if let Ok(shard) = text.parse::<Shard>() {
            prop_assert!(1 <= shard.number && shard.number <= shard.of);
        }
    }
}

/// Stores on disk hold what they hold: where a cell goes must not change between versions.
#[test]
fn cells_go_where_they_always_went() {
    let e = study(&experiment(vec![16, 32, 64], 3));
    let cells = |number| Shard { of: 3, number }.cells(&e);
    let cell = |width, seed| Cell { study: 0, width, rank: 4, seed };
    for number in 1..=3 {
        let seed = u64::from(number) - 1;
        assert_eq!(cells(number), [cell(64, seed), cell(32, seed), cell(16, seed)]);
    }
    let four = |number| Shard { of: 4, number }.cells(&e);
    assert_eq!(four(1), [cell(64, 0), cell(32, 2)]);
    assert_eq!(four(4), [cell(32, 0), cell(32, 1), cell(16, 2)]);
}

#[test]
fn more_shards_than_cells_leave_some_with_nothing_to_do() {
    let e = study(&experiment(vec![16, 32], 1));
    let counts = Shard::all(5).map(|shard| shard.cells(&e).len());
    assert_eq!(counts.collect::<Vec<_>>(), [1, 1, 0, 0, 0]);
}

#[test]
fn what_is_no_shard_is_refused() {
    for text in ["", "/", "1", "0/3", "4/3", "x", "1/x", "1/", "/3", "1/0", "-1/3", "+1/3"] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
    for text in [" 1/3", "1/3/3", "1/65537", "1/99999999999999999999", "1.0/3"] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
    for name in ["shard-01-of-3", "shard-0-of-3", "shard-1-of-", "shard-1of3", "merged"] {
        assert_eq!(Shard::of_dir(name), None, "{name}");
    }
}
