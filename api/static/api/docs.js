"use strict";

// A login on this page is the page's own: what is tried next is sent with its token.
const authorizeBy = (response) => {
  if (response.ok && /\/auth\/(login|refresh)$/.test(new URL(response.url).pathname)) {
    ui.preauthorizeApiKey("accessToken", response.obj.access);
  }
  return response;
};

const ui = SwaggerUIBundle({
  url: "/api/schema",
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  responseInterceptor: authorizeBy,
});
