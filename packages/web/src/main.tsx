import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { queryClient, whenSignedOut } from "./api/query-client.ts";
import { sessionQuery } from "./api/session.ts";
import { paths } from "./app/paths.ts";
import { routes } from "./app/routes.tsx";
import { theme } from "./app/theme.ts";
import "@fontsource-variable/inter/wght.css";
import "./app/mantine.css";
import "./app/tokens.css";
import "./app/mantine-looks.css";

const router = createBrowserRouter(routes);

whenSignedOut(() => {
  const { pathname, search } = router.state.location;
  if (pathname === paths.signIn()) return;
  queryClient.setQueryData(sessionQuery.queryKey, { user: null });
  void router.navigate(paths.signIn(pathname + search));
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <MantineProvider theme={theme} defaultColorScheme="auto" deduplicateInlineStyles>
        <RouterProvider router={router} />
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
);
