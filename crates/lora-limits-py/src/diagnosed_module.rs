//! One adapted module of a diagnosis: its factors, s B A, how it started and how far it moved.

use crate::answer::records;

records! {
    /// An adapted module.
    ModuleDiagnosis {
        /// Its name in the base model.
        module: String,
        /// What stands behind the layer's number, such as "self_attn.q_proj"; the whole name outside of the layers.
        kind: String,
        /// The number of the layer; None outside of the layers.
        layer: Option<usize>,
        /// Columns of A.
        fan_in: usize,
        /// Rows of B.
        fan_out: usize,
        /// The rank.
        r: usize,
        /// α.
        alpha: f64,
        /// s.
        scaling: f64,
        /// A, r × fan_in.
        a: FactorDiagnosis,
        /// B, fan_out × r.
        b: FactorDiagnosis,
        /// s B A, fan_out × fan_in.
        product: Spectrum,
        /// What that makes of inputs whose entries have an rms of 1.
        output: UnitOutput,
        /// How the factors started.
        start: ModuleStart,
        /// How far they moved; None where it is not known which one started at zero.
        movement: Option<Movement>,
        /// Bounds on δ1, δ2 and δ3; None where the law of the random factor is not recognised.
        deltas: Option<PartBounds>,
    }

    /// A factor beside the laws of a start.
    FactorDiagnosis {
        /// Number of its entries.
        entries: usize,
        /// The Frobenius norm.
        frobenius: f64,
        /// The root of the mean square of an entry.
        rms: f64,
        /// The mean absolute value of an entry.
        mean_abs: f64,
        /// The largest absolute value of an entry.
        largest: f64,
        /// The largest singular value.
        spectral: f64,
        /// How evenly its directions are filled: about 1 for independent entries, less for a few directions.
        evenness: f64,
        /// Its entries beside each law that a start may have; empty for a factor that is zero.
        laws: Vec<LawTest>,
        /// How far it lies from every start of a uniform law at least, in the Frobenius norm; None without such a law.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beyond_edge: Option<f64>,
    }

    /// A factor's entries beside one law.
    LawTest {
        /// The law: "kaiming_uniform", "gaussian" or "paper".
        law: String,
        /// Its standard deviation.
        std: f64,
        /// The entries' rms over it.
        rms_ratio: f64,
        /// How often the law's own entries have an rms as far from the law's.
        p_rms: f64,
        /// Geary's ratio E|x|/√(E x²) over that of the law.
        shape_ratio: f64,
        /// How often the law's own entries have a ratio as far from the law's.
        p_shape: f64,
        /// Entries beyond the edge of a uniform law; None without an edge.
        outside: Option<usize>,
        /// Of all tests together; 0 if an entry is outside.
        p: f64,
        /// Whether nothing speaks against the law.
        fits: bool,
        /// Whether the rms and the shape do not speak against it, although they could.
        carried: bool,
        /// The smallest relative change of the rms that is noticed in 95 of 100 factors of this size.
        noticeable_rms: f64,
        /// The smallest mean movement of an entry that sends one outside in 95 of 100; None without an edge.
        noticeable_movement: Option<f64>,
        /// The movement over the edge that 16 bits may hide; None without an edge.
        hidden_movement: Option<f64>,
    }

    /// The singular values of s B A.
    Spectrum {
        /// The largest one.
        spectral: f64,
        /// The Frobenius norm.
        frobenius: f64,
        /// exp of the entropy of σ²/Σσ².
        effective_rank: f64,
        /// Singular values above a tenth of the largest.
        above_a_tenth: usize,
        /// All of them, from large to small.
        singular_values: Vec<f64>,
    }

    /// The output of s B A for inputs whose entries have an rms of 1.
    UnitOutput {
        /// The rms of an output entry for independent input entries.
        typical: f64,
        /// The largest rms of any such input.
        largest: f64,
    }

    /// How a module started.
    ModuleStart {
        /// "Init[A]", "Init[B]", "both random" or "unknown".
        looks_like: String,
        /// Whether a factor is exactly zero, so that nothing was learned.
        untrained: bool,
        /// The law of the random factor, where it was recognised.
        law: Option<String>,
        /// Whether nothing at all speaks against that law.
        unmoved: bool,
        /// Why.
        because: String,
    }

    /// How far both factors moved.
    Movement {
        /// The factor that started at zero.
        zero_start: ZeroMovement,
        /// The factor that started random; None where its law is not recognised.
        random_start: Option<RandomMovement>,
    }

    /// The movement of the factor that started at zero, exactly.
    ZeroMovement {
        /// The Frobenius norm.
        frobenius: f64,
        /// The rms of an entry's movement.
        rms: f64,
        /// The mean of an entry's movement.
        mean_abs: f64,
        /// The largest movement of an entry.
        largest: f64,
        /// Beside what the stated training allows; None if none was stated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allowed: Option<AllowedMovement>,
    }

    /// A movement beside the stated training.
    AllowedMovement {
        /// No entry can have moved farther under Adam.
        most: f64,
        /// The largest movement over that; above 1 the training was another.
        share: f64,
        /// The rms over η times the steps.
        of_steady: f64,
        /// The rms over η times the root of the steps.
        of_random: f64,
    }

    /// What can be said of the movement of the factor that started random. It takes the law for right.
    RandomMovement {
        /// The rms of an entry's movement, the lower end of its range, and the upper one, from the mean square; None where
        /// that is below the law's by more than chance.
        rms: Option<(f64, f64, f64)>,
        /// The mean movement of an entry with its range, from the entries beyond the edge; None without an edge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean_abs: Option<(f64, f64, f64)>,
        /// The largest movement of an entry is at least this, for certain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        largest_at_least: Option<f64>,
        /// The Frobenius norm of the movement is at least this, for certain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        frobenius_at_least: Option<f64>,
        /// No entry can have moved farther under Adam with the stated training.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<f64>,
    }

    /// Bounds on the largest norm of each part of ΔZ_B over inputs z with ‖z‖ = 1, over the whole training as one move.
    PartBounds {
        /// ‖s B A‖, of all parts together; exact.
        total: f64,
        /// The part that is zero: "delta1" or "delta2".
        zero: String,
        /// The part through the start: the other one.
        start_part: String,
        /// The rms of its norm over all z, if the start were independent of the rest.
        start_typical: f64,
        /// Its largest norm is at most this.
        start_at_most: f64,
        /// δ3 has a largest norm of at least this.
        delta3_at_least: f64,
        /// And of at most this.
        delta3_at_most: f64,
        /// Of the last step, with a stated training; None without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_step: Option<StepBounds>,
    }

    /// Bounds on the parts of ΔZ_B in one step under Adam.
    StepBounds {
        /// ‖s B ΔA‖.
        delta1: f64,
        /// ‖s ΔB A‖.
        delta2: f64,
        /// ‖s ΔB ΔA‖.
        delta3: f64,
    }
}
