// Fetches the API document, asks for an API key where one is needed, and shows it. The key stays in memory.
"use strict";

const form = document.getElementById("key-form");
const message = document.getElementById("message");

function show(spec, key) {
  form.hidden = true;
  const ui = window.SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    validatorUrl: null,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    onComplete: () => {
      if (key) ui.preauthorizeApiKey("apiKey", key);
    },
  });
}

async function load(key) {
  const response = await fetch("/openapi.json", { headers: key ? { "X-API-Key": key } : {} });
  if (response.ok) {
    show(await response.json(), key);
    return;
  }
  form.hidden = false;
  message.textContent = response.status === 401
    ? (key ? "This key is not valid." : "")
    : `The document cannot be loaded (${response.status}).`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  load(document.getElementById("key").value.trim());
});

load("");
