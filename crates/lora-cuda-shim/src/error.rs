//! Reasons why there is no stand-in driver.

/// Why there is no stand-in driver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// No compiler under the usual names knows C++20.
    #[error("no C++20 compiler found (tried $CXX, c++, g++ and clang++)")]
    Compiler,
    /// This is not Linux. The stand-in relies on its dynamic linker and user-level contexts.
    #[error("the stand-in driver is for Linux only")]
    System,
    /// The compiler lacks the sanitizer, or programs with it do not start on this machine.
    #[error("the C++ compiler cannot build programs with -fsanitize={0}")]
    Sanitizer(&'static str),
}
