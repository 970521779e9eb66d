//! The plan of training: which problems, in which order.

pub use crate::study::cell::Cell;
use crate::study::definition::Study;

/// The cells of all studies, study by study, the most expensive of each first.
pub fn cells(studies: &[Study]) -> Vec<Cell> {
    studies.iter().enumerate().flat_map(|(place, study)| study.cells(place)).collect()
}

/// Seeds that are named one by one.
const NAMED: usize = 8;

/// Cells in words, by width: "n = 64, seeds 0, 2; n = 32, seed 1". The study is named where there
/// are several, the rank where it varies.
pub fn words(studies: &[Study], cells: &[Cell]) -> String {
    let of_point = |cells: &[Cell]| {
        let first = cells[0];
        let study = &studies[first.study];
        let name = if studies.len() > 1 { format!("{}: ", study.id) } else { String::new() };
        let width = first.width;
        let rank = match first.rank {
            rank if rank == study.experiment.model.rank => String::new(),
            rank => format!(", r = {rank}"),
        };
        let seeds: Vec<String> = cells.iter().map(|cell| cell.seed.to_string()).collect();
        let seeds = match seeds.len() {
            1 => format!("seed {}", seeds[0]),
            count if count > NAMED => format!("{count} seeds"),
            _ => format!("seeds {}", seeds.join(", ")),
        };
        format!("{name}n = {width}{rank}, {seeds}")
    };
    let same = |a: &Cell, b: &Cell| (a.study, a.width, a.rank) == (b.study, b.width, b.rank);
    let words = cells.chunk_by(same).map(of_point).collect::<Vec<_>>().join("; ");
    if words.is_empty() { "nothing to do".to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    #[test]
    fn cells_are_named_by_width() {
        let study = Study::of("a", &Experiment::default()).expect("a grid");
        let cell = |width, seed| Cell { study: 0, width, rank: 4, seed };
        let one = std::slice::from_ref(&study);
        assert_eq!(words(one, &[cell(64, 1)]), "n = 64, seed 1");
        let cells = [cell(64, 0), cell(64, 2), cell(32, 7)];
        assert_eq!(words(one, &cells), "n = 64, seeds 0, 2; n = 32, seed 7");
        let many: Vec<Cell> = (0..9).map(|seed| cell(16, seed)).collect();
        assert_eq!(words(one, &many), "n = 16, 9 seeds");
        assert_eq!(words(one, &[]), "nothing to do");
        let two = [study.clone(), Study { id: "b".to_owned(), ..study }];
        let of_b = Cell { study: 1, rank: 8, ..cell(16, 0) };
        assert_eq!(words(&two, &[of_b]), "b: n = 16, r = 8, seed 0");
    }
}
