/* Starts Swagger UI on our own document. Nothing is fetched from elsewhere, and no key is kept. */
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function colour() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

colour();
dark.addEventListener("change", colour);

window.SwaggerUIBundle({
  dom_id: "#explorer",
  url: "../openapi.json",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayOperationId: false,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
});
