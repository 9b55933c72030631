/**
 * The page's policy asks that every script URL be vouched for. Workers are the only scripts
 * that the page starts by itself, and they come from its own origin.
 */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

export function vouchForWorkers(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createScriptURL(url) {
      if (new URL(url, location.href).origin === location.origin) return url;
      throw new TypeError(`A script from another origin was refused: ${url}`);
    },
  });
}
