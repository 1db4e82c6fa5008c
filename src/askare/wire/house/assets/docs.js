// Shows one API at a time: /docs?api=task-management.  Everything comes from this server.
(async () => {
  const apis = await (await fetch("/openapi")).json();
  const asked = new URLSearchParams(location.search).get("api");
  const shown = apis.find((api) => api.name === asked) ?? apis[0];
  const nav = document.getElementById("apis");
  for (const api of apis) {
    const link = document.createElement("a");
    link.href = `/docs?api=${encodeURIComponent(api.name)}`;
    link.textContent = api.title;
    if (api === shown) link.setAttribute("aria-current", "page");
    nav.append(link);
  }
  const newId = () =>
    crypto.randomUUID ? crypto.randomUUID()
      : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
          (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));
  window.ui = SwaggerUIBundle({
    url: shown.url,
    dom_id: "#page",
    deepLinking: true,
    persistAuthorization: true,
    validatorUrl: null,
    requestInterceptor: (request) => {
      if (!request.loadSpec && !request.headers["Request-ID"]) request.headers["Request-ID"] = newId();
      return request;
    },
    // Examples would be filled into the form: the same Request-ID for every request, and filters nobody asked for.
    responseInterceptor: (response) => {
      if (!response.obj?.openapi) return response; // the answer to a request that was tried out
      response.obj.servers = [{ url: location.origin }]; // by whichever of its names the server was reached
      for (const path of Object.values(response.obj.paths))
        for (const parameter of Object.values(path).flatMap((operation) => operation.parameters ?? [])) {
          if (parameter.name === "Request-ID") parameter.required = false;
          if (!parameter.required) {
            delete parameter.example;
            delete parameter.schema.examples;
          }
        }
      response.text = response.data = JSON.stringify(response.obj);
      response.body = response.obj;
      return response;
    },
  });
})();
