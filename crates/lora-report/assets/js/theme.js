// Light or dark: the system's, until a reader chooses.

const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () =>
  (document.documentElement.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";

function nameTheme() {
  document.getElementById("theme").textContent = isDark() ? "Light" : "Dark";
}

function toggleTheme() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("lora-limits-theme", next);
  } catch {
    // Not kept, then.
  }
  nameTheme();
}

const theme = document.getElementById("theme");
theme.hidden = false;
theme.setAttribute("aria-label", "Switch between light and dark");
theme.addEventListener("click", toggleTheme);
systemDark.addEventListener("change", nameTheme);
nameTheme();
