//! What a law is about.

/// A quantity that goes with the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LawQuantity {
    /// a: a backward signal falls like n^-a.
    Readout,
    /// The best learning rate.
    EtaOpt,
    /// The largest learning rate whose Z_B stays under the bound.
    EtaStable,
    /// rms of Z_A after training at the best learning rate.
    Za,
    /// rms of Z_B, likewise.
    Zb,
    /// rms movement of A over a run in units of η, likewise.
    MoveA,
    /// The same of B.
    MoveB,
}

impl LawQuantity {
    /// All of them, in the order of tables and figures.
    pub const ALL: [Self; 7] = [
        Self::Readout,
        Self::EtaOpt,
        Self::EtaStable,
        Self::Za,
        Self::Zb,
        Self::MoveA,
        Self::MoveB,
    ];

    /// In tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Readout => "readout",
            Self::EtaOpt => "eta_opt",
            Self::EtaStable => "eta_stable",
            Self::Za => "za_rms",
            Self::Zb => "zb_rms",
            Self::MoveA => "a_move",
            Self::MoveB => "b_move",
        }
    }

    /// In text.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Readout => "a",
            Self::EtaOpt => "η_opt",
            Self::EtaStable => "η_stable",
            Self::Za => "Z_A",
            Self::Zb => "Z_B",
            Self::MoveA => "A − A_0",
            Self::MoveB => "B − B_0",
        }
    }

    /// In figures, with their marks for subscripts.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Readout => "readout exponent a",
            Self::EtaOpt => "best learning rate η_{opt}",
            Self::EtaStable => "largest stable learning rate η_{stable}",
            Self::Za => "Z_{A} at η_{opt}",
            Self::Zb => "Z_{B} at η_{opt}",
            Self::MoveA => "movement of A at η_{opt}, in units of η",
            Self::MoveB => "movement of B at η_{opt}, in units of η",
        }
    }
}
