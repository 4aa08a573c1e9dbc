import { defineConfig } from "vite";

// Fixed file names: the templates name them, the web server revalidates them.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../static/portal/build",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        main: "src/main.ts",
        chart: "src/chart.ts",
        playground: "src/playground.ts",
        freighter: "src/freighter.ts",
        style: "src/style.css",
        "service-worker": "worker/service-worker.ts",
      },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "chunk-[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
