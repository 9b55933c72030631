import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env.FARDEL_DEV_SERVER ?? "http://127.0.0.1:8080";

/**
 * React Aria carries its own few words in thirty languages. The page speaks English so far,
 * and a page in two languages at once would be worse than the 9 kB are worth.
 */
function englishReactAria(): Plugin {
  const translation =
    /(\/react-(?:aria|stately)\/dist\/private\/intl\/[^/]+\/)(?!en-US)[a-z]{2}-[A-Z]{2}\.mjs$/;
  return {
    name: "english-react-aria",
    apply: "build",
    enforce: "pre",
    load(id) {
      const match = translation.exec(id.split("?")[0] ?? "");
      return match && `export { default } from "${match[1] && id.replace(/[^/]+$/, "en-US.mjs")}";`;
    },
  };
}

/** Leaves `x.br` beside every file that gets smaller by it; the server answers with that one. */
function precompressed(): Plugin {
  const compress = promisify(brotliCompress);
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return {
    name: "precompressed",
    apply: "build",
    async writeBundle(options) {
      const folder = options.dir ?? "dist";
      for (const name of await readdir(folder, { recursive: true })) {
        if (!/\.(?:js|css|html|svg)$/.test(name)) continue;
        const content = await readFile(join(folder, name));
        const compressed = await compress(content, { params });
        if (compressed.length < content.length)
          await writeFile(join(folder, `${name}.br`), compressed);
      }
    },
  };
}

export default defineConfig({
  plugins: [englishReactAria(), react(), precompressed()],
  server: {
    proxy: { "/api": server, "/store": server, "/cdn": server },
  },
  build: {
    target: "es2022",
    // The server's Content-Security-Policy allows no inline script and no data: URL.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 640,
  },
});
