//! Compiles and links the sources, once for each content that they have.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::compiler::Compiler;
use crate::{error::Missing, sources};

/// A file to make, and how to make it.
pub(crate) struct Artifact {
    /// The file's name.
    pub(crate) name: &'static str,
    /// The sources beside the kernels.
    pub(crate) own: Vec<PathBuf>,
    /// Flags for every source, for the kernels only, and for the linker.
    pub(crate) flags: &'static [&'static str],
    pub(crate) kernel_flags: &'static [&'static str],
    pub(crate) link_flags: &'static [&'static str],
}

// No FORTIFY_SOURCE: its longjmp refuses to switch stacks.
const ALWAYS: &[&str] = &[
    "-DCUDA_ON_CPU",
    "-U_FORTIFY_SOURCE",
    "-Wno-unknown-pragmas",
    "-fPIC",
    "-fvisibility=hidden",
    "-g1",
    "-pthread",
];

impl Artifact {
    /// The path of the file, which is made if it does not exist yet. Panics with the compiler's text if
    /// a source does not compile.
    pub(crate) fn make(&self, kernels: &Path) -> Result<PathBuf, Missing> {
        let compiler = Compiler::find()?;
        let flags = [ALWAYS, self.flags, self.kernel_flags, self.link_flags].concat().join(" ");
        let compilation = [self.name.as_bytes(), flags.as_bytes(), &compiler.identity];
        let cache = target_folder().join("cuda-on-cpu");
        let folder = cache.join(sources::fingerprint(kernels, &compilation));
        let made = folder.join(self.name);
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        // One process compiles, the others wait for it.
        let lock = File::create(folder.join("lock")).expect("the target folder can be written");
        lock.lock().expect("files can be locked");
        if !made.exists() {
            self.compile_and_link(compiler, kernels, &folder, &made);
        }
        Ok(made)
    }

    fn compile_and_link(&self, compiler: &Compiler, kernels: &Path, folder: &Path, made: &Path) {
        let scratch = tempfile::tempdir_in(folder).expect("the target folder can be written");
        let units = self.units(kernels, scratch.path());
        in_parallel(&units, |unit| {
            let mut command = compiler.command();
            command.args(ALWAYS).args(self.flags).args(unit.flags);
            command.arg("-I").arg(sources::own_folder());
            command.arg("-c").arg(&unit.source).arg("-o").arg(&unit.object);
            succeed(&mut command);
        });
        // It gets its name when it is complete, so nobody finds half a file.
        let whole = scratch.path().join(self.name);
        let mut command = compiler.command();
        command.args(self.link_flags).arg("-pthread").arg("-o").arg(&whole);
        command.args(units.iter().map(|unit| &unit.object));
        succeed(&mut command);
        std::fs::rename(&whole, made).expect("the target folder can be written");
    }

    fn units(&self, kernels: &Path, scratch: &Path) -> Vec<Unit> {
        let own = self.own.iter().map(|source| (source.clone(), &[][..]));
        let wrapped = sources::kernels(kernels)
            .into_iter()
            .enumerate()
            .map(|(number, kernel)| (wrap(&kernel, scratch, number), self.kernel_flags));
        let numbered = own.chain(wrapped).enumerate();
        numbered
            .map(|(number, (source, flags))| Unit {
                source,
                object: scratch.join(format!("{number}.o")),
                flags,
            })
            .collect()
    }
}

/// A translation unit.
struct Unit {
    source: PathBuf,
    object: PathBuf,
    flags: &'static [&'static str],
}

/// A source that includes a kernel file within an unnamed namespace. What the file defines is then
/// local to it, including the shared arrays of its templates; the sanitizer would not guard those
/// otherwise.
fn wrap(kernel: &Path, scratch: &Path, number: usize) -> PathBuf {
    let wrapper = scratch.join(format!("kernel{number}.cpp"));
    let kernel = kernel.display();
    let text = format!("#include \"cuda_on_cpu.h\"\nnamespace {{\n#include \"{kernel}\"\n}}\n");
    std::fs::write(&wrapper, text).expect("the target folder can be written");
    wrapper
}

fn in_parallel<T: Sync>(jobs: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(job);
                }
            });
        }
    });
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the compiler ran before");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{text}");
}

/// Cargo's target folder: the one that holds this program, or the workspace's own.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let tagged = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    tagged.map_or(workspace, Path::to_path_buf)
}
