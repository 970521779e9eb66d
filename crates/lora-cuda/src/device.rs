//! A CUDA device with the kernels loaded.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::Arc;

use cudarc::driver::{CudaContext, DriverError, result, sys};

use crate::ptx;
use crate::unavailable::Unavailable;

/// The CUDA version that the embedded PTX needs: 1000 times the major plus 10 times the minor one.
const NEEDED_VERSION: i32 = 13000;

/// A device, its context, and every kernel by name.
#[derive(Debug)]
pub struct Device {
    context: Arc<CudaContext>,
    modules: Vec<sys::CUmodule>,
    kernels: HashMap<String, sys::CUfunction>,
    /// The name that the driver gives it.
    pub name: String,
    /// The architecture that the kernels were compiled for, such as `compute_90`.
    pub architecture: &'static str,
    /// Its memory in bytes.
    pub memory: u64,
    /// The number of its streaming multiprocessors.
    pub multiprocessors: usize,
}

// SAFETY: modules and functions are handles of the driver, and any thread may use them.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// Opens device number `ordinal`, counted from 0, and loads the kernels.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] says what is missing: a driver, a device, or one that is new enough.
    pub fn open(ordinal: usize) -> Result<Self, Unavailable> {
        probe()?;
        let failed = |error: DriverError| Unavailable::Failed(text(&error));
        let context = match CudaContext::new(ordinal) {
            Ok(context) => context,
            Err(DriverError(
                sys::CUresult::CUDA_ERROR_NO_DEVICE | sys::CUresult::CUDA_ERROR_INVALID_DEVICE,
            )) => return Err(Unavailable::NoDevice),
            Err(error) => return Err(failed(error)),
        };
        let name = context.name().map_err(failed)?;
        let capability = context.compute_capability().map_err(failed)?;
        let Some(architecture) = ptx::architecture(capability) else {
            return Err(Unavailable::OldDevice { name, capability });
        };
        let memory = context.total_mem().map_err(failed)? as u64;
        let count = sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        let multiprocessors = context.attribute(count).map_err(failed)? as usize;
        let mut device = Self {
            context,
            modules: Vec::new(),
            kernels: HashMap::new(),
            name,
            architecture,
            memory,
            multiprocessors,
        };
        for text in ptx::Archive::embedded()?.texts(architecture) {
            device.load(&text?).map_err(failed)?;
        }
        Ok(device)
    }

    fn load(&mut self, ptx: &str) -> Result<(), DriverError> {
        let image = CString::new(ptx).map_err(|_| invalid())?;
        // SAFETY: the image is a text that ends in NUL, and the context is current.
        let module = unsafe { result::module::load_data(image.as_ptr().cast()) }?;
        self.modules.push(module);
        for name in ptx::entries(ptx) {
            let entry = CString::new(name).map_err(|_| invalid())?;
            // SAFETY: the module has just been loaded.
            let function = unsafe { result::module::get_function(module, entry) }?;
            self.kernels.insert(name.to_owned(), function);
        }
        Ok(())
    }

    /// Makes the context current in the calling thread.
    ///
    /// # Errors
    ///
    /// If the driver refuses.
    pub fn bind(&self) -> Result<(), DriverError> {
        self.context.bind_to_thread()
    }

    /// The context.
    pub fn context(&self) -> &Arc<CudaContext> {
        &self.context
    }

    /// The kernel of this name.
    ///
    /// # Errors
    ///
    /// `CUDA_ERROR_NOT_FOUND` if there is none.
    pub fn kernel(&self, name: &str) -> Result<sys::CUfunction, DriverError> {
        let missing = DriverError(sys::CUresult::CUDA_ERROR_NOT_FOUND);
        self.kernels.get(name).copied().ok_or(missing)
    }

    /// Bytes of its memory that are free now; `None` if the driver does not say.
    pub fn free_memory(&self) -> Option<u64> {
        self.context.mem_get_info().ok().map(|(free, _)| free as u64)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if self.bind().is_ok() {
            for &module in &self.modules {
                // SAFETY: launches borrow the device, so none can follow. An error here would come
                // from an earlier failure, which has been reported.
                let _ = unsafe { result::module::unload(module) };
            }
        }
    }
}

/// Looks for a driver before cudarc does, which panics without one.
fn probe() -> Result<(), Unavailable> {
    // SAFETY: loads the driver's library, whose initialisers have no side effects to guard against.
    if !unsafe { sys::is_culib_present() } {
        return Err(Unavailable::NoDriver);
    }
    let mut supports = 0;
    // SAFETY: this is the one function that may be called before the driver is initialised.
    match unsafe { sys::cuDriverGetVersion(&mut supports) }.result() {
        Ok(()) if supports < NEEDED_VERSION => Err(Unavailable::OldDriver { supports }),
        Ok(()) => Ok(()),
        Err(error) => Err(Unavailable::Failed(text(&error))),
    }
}

fn invalid() -> DriverError {
    DriverError(sys::CUresult::CUDA_ERROR_INVALID_VALUE)
}

/// The driver's name and description of an error.
pub fn text(error: &DriverError) -> String {
    let name = error.error_name().map(|name| name.to_string_lossy().into_owned());
    let text = error.error_string().map(|text| text.to_string_lossy().into_owned());
    match (name, text) {
        (Ok(name), Ok(text)) => format!("{name}: {text}"),
        _ => format!("{:?}", error.0),
    }
}
