/// Why there is no stand-in driver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// None of the usual names is a compiler that knows C++20.
    #[error("no C++20 compiler found (tried $CXX, c++, g++ and clang++)")]
    Compiler,
    /// The stand-in counts on Linux's dynamic linker and user-level contexts.
    #[error("the stand-in driver is for Linux only")]
    System,
    /// The compiler has no such sanitizer, or programs made with it do not start here.
    #[error("the C++ compiler cannot build programs with -fsanitize={0}")]
    Sanitizer(&'static str),
}
