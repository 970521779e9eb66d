//! NumPy's `.npz`: a zip archive, here without compression, of one `.npy` file an array.

use std::io::{BufWriter, Result, Seek, Write};

use npyz::{AutoSerialize, DType, WriteOptions, WriterBuilder};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive being written. Its bytes follow from the arrays alone: no dates.
pub struct CellArchive<W: Write + Seek> {
    zip: ZipWriter<W>,
}

impl<W: Write + Seek> CellArchive<W> {
    /// An empty archive.
    pub fn new(to: W) -> Self {
        Self { zip: ZipWriter::new(to) }
    }

    /// An array in row-major order.
    pub fn array<T: AutoSerialize>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        let shape: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
        let mut to = self.entry(name)?;
        let options = WriteOptions::new().default_dtype().shape(&shape);
        let mut writer = options.writer(&mut to).begin_nd()?;
        writer.extend(values)?;
        writer.finish()?;
        to.flush()
    }

    /// A number, as an array without axes.
    pub fn scalar<T: AutoSerialize>(&mut self, name: &str, value: T) -> Result<()> {
        self.array(name, &[], [value])
    }

    /// A text, as a unicode array without axes.
    pub fn text(&mut self, name: &str, text: &str) -> Result<()> {
        let kind = format!("<U{}", text.chars().count().max(1));
        let kind = DType::new_scalar(kind.parse().expect("a NumPy type"));
        let mut to = self.entry(name)?;
        let options = WriteOptions::new().dtype(kind).shape(&[]);
        let mut writer = options.writer(&mut to).begin_nd()?;
        writer.push(text)?;
        writer.finish()?;
        to.flush()
    }

    /// Completes the archive.
    pub fn finish(self) -> Result<()> {
        self.zip.finish()?.flush()
    }

    fn entry(&mut self, name: &str) -> Result<BufWriter<&mut ZipWriter<W>>> {
        // An explicit W_h alone can pass the 4 GiB of a plain entry.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true);
        self.zip.start_file(npyz::npz::file_name_from_array_name(name), options)?;
        Ok(BufWriter::new(&mut self.zip))
    }
}
