//! Transposes of parts of row-major matrices, 16 × 16 entries at a time where the processor has AVX-512.

/// Whether [`turn`] is fast enough here to prepare the operands of every product.
pub fn is_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Entry (i, j) of `from`, whose rows stand `stride` apart, becomes entry (j, i) of `into` \[cols, rows\].
///
/// # Panics
/// If the shapes do not fit.
pub fn turn(from: &[f32], stride: usize, [rows, cols]: [usize; 2], into: &mut [f32]) {
    if rows == 0 || cols == 0 {
        return;
    }
    assert!((rows - 1) * stride + cols <= from.len(), "a transpose reads beyond");
    assert!(rows * cols <= into.len(), "a transpose writes beyond");
    #[cfg(target_arch = "x86_64")]
    if is_fast() {
        // SAFETY: the processor has AVX-512, and the assertions above are those that it asks for.
        unsafe { avx512::turn(from, stride, [rows, cols], into) };
        return;
    }
    for (i, row) in from.chunks(stride).take(rows).enumerate() {
        for (j, &entry) in row[..cols].iter().enumerate() {
            into[j * rows + i] = entry;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512, __mmask16, _mm512_castpd_ps, _mm512_castps_pd, _mm512_loadu_ps,
        _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4,
        _mm512_storeu_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd,
        _mm512_unpacklo_ps,
    };

    /// Rows and columns of a tile.
    const SIDE: usize = 16;

    /// # Safety
    /// (rows - 1) stride + cols entries can be read, and rows · cols can be written.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn turn(from: &[f32], stride: usize, [rows, cols]: [usize; 2], into: &mut [f32]) {
        let mut tile = [_mm512_setzero_ps(); SIDE];
        for i in (0..rows).step_by(SIDE) {
            for j in (0..cols).step_by(SIDE) {
                let (height, width) = (SIDE.min(rows - i), SIDE.min(cols - j));
                // SAFETY: i < rows and j < cols.
                let from = unsafe { from.as_ptr().add(i * stride + j) };
                // SAFETY: as above.
                let into = unsafe { into.as_mut_ptr().add(j * rows + i) };
                if height == SIDE && width == SIDE {
                    for (row, vector) in tile.iter_mut().enumerate() {
                        // SAFETY: row i + row < rows has 16 entries from j.
                        *vector = unsafe { _mm512_loadu_ps(from.add(row * stride)) };
                    }
                    for (col, vector) in turned(&tile).into_iter().enumerate() {
                        // SAFETY: row j + col < cols of the result has 16 entries from i.
                        unsafe { _mm512_storeu_ps(into.add(col * rows), vector) };
                    }
                } else {
                    for (row, vector) in tile.iter_mut().take(height).enumerate() {
                        // SAFETY: row i + row < rows has `width` entries from j.
                        *vector =
                            unsafe { _mm512_maskz_loadu_ps(first(width), from.add(row * stride)) };
                    }
                    for (col, vector) in turned(&tile).into_iter().take(width).enumerate() {
                        // SAFETY: row j + col < cols of the result has `height` entries from i.
                        unsafe {
                            _mm512_mask_storeu_ps(into.add(col * rows), first(height), vector);
                        };
                    }
                }
            }
        }
    }

    /// The mask of the first `count` entries.
    fn first(count: usize) -> __mmask16 {
        ((1u32 << count) - 1) as __mmask16
    }

    /// The columns of a tile.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn turned(rows: &[__m512; SIDE]) -> [__m512; SIDE] {
        // Two rows, then four: vector 4 i + j has columns j, j + 4, j + 8 and j + 12 of rows 4 i to 4 i + 3.
        let mut fours = [_mm512_setzero_ps(); SIDE];
        for (rows, fours) in rows.chunks_exact(4).zip(fours.chunks_exact_mut(4)) {
            let low = [0, 2].map(|i| _mm512_castps_pd(_mm512_unpacklo_ps(rows[i], rows[i + 1])));
            let high = [0, 2].map(|i| _mm512_castps_pd(_mm512_unpackhi_ps(rows[i], rows[i + 1])));
            fours[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low[0], low[1]));
            fours[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low[0], low[1]));
            fours[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high[0], high[1]));
            fours[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high[0], high[1]));
        }
        // Then all sixteen: of each quarter of a vector the even ones (0x88) or the odd ones (0xdd).
        let mut columns = [_mm512_setzero_ps(); SIDE];
        for j in 0..4 {
            let (upper, lower) = ([fours[j], fours[j + 4]], [fours[j + 8], fours[j + 12]]);
            let even = [upper, lower].map(|[a, b]| _mm512_shuffle_f32x4::<0x88>(a, b));
            let odd = [upper, lower].map(|[a, b]| _mm512_shuffle_f32x4::<0xdd>(a, b));
            columns[j] = _mm512_shuffle_f32x4::<0x88>(even[0], even[1]);
            columns[j + 4] = _mm512_shuffle_f32x4::<0x88>(odd[0], odd[1]);
            columns[j + 8] = _mm512_shuffle_f32x4::<0xdd>(even[0], even[1]);
            columns[j + 12] = _mm512_shuffle_f32x4::<0xdd>(odd[0], odd[1]);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Sizes lie on both sides of a tile's and of two; what lies between rows is not touched.
        #[test]
        fn entry_i_j_becomes_entry_j_i(rows in 0usize..40, cols in 0usize..40, gap in 0usize..3) {
            let stride = (cols + gap).max(1);
            // The last row ends with its last column.
            let count = (rows * stride).saturating_sub(gap);
            let from: Vec<f32> = (0..count).map(|place| place as f32).collect();
            let mut into = vec![-1.0; rows * cols + 5];
            turn(&from, stride, [rows, cols], &mut into);
            for place in 0..rows * cols {
                prop_assert_eq!(into[place], from[place % rows * stride + place / rows]);
            }
            prop_assert!(into[rows * cols..].iter().all(|&entry| entry == -1.0));
        }
    }
}
