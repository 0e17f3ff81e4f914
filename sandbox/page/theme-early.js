// Puts the chosen theme on the page before the first paint, so that nothing flashes.
const chosenTheme = localStorage.getItem("sandbox-theme");
if (chosenTheme === "light" || chosenTheme === "dark") document.documentElement.dataset.theme = chosenTheme;
