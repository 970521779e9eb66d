// Before anything is drawn: the theme that was chosen on this device, if one was.
try {
  const chosen = localStorage.getItem("lora-limits-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser may forbid storage to files; the system's theme does then.
}
