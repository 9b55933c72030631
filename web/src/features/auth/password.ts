export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 256;

export interface PasswordVerdict {
  acceptable: boolean;
  /** 0 to 1, for a meter. */
  strength: number;
  text: string;
}

const commonStarts = /^(password|passwort|qwerty|azerty|123456|letmein|welcome|admin|fardel)/i;

/** A hint while typing. Length counts most; what people guess first counts against it. */
export function judgePassword(password: string): PasswordVerdict {
  const length = [...password].length;
  if (length === 0) {
    return {
      acceptable: false,
      strength: 0,
      text: `At least ${MIN_PASSWORD} characters. A few random words are good.`,
    };
  }
  if (length < MIN_PASSWORD) {
    const missing = MIN_PASSWORD - length;
    return {
      acceptable: false,
      strength: (length / MIN_PASSWORD) * 0.3,
      text: `${missing} more ${missing === 1 ? "character" : "characters"} needed.`,
    };
  }
  const different = new Set(password.toLowerCase()).size;
  if (different < 5) {
    return { acceptable: true, strength: 0.3, text: "Weak: the same few characters repeat." };
  }
  if (commonStarts.test(password)) {
    return { acceptable: true, strength: 0.4, text: "Weak: it starts like many passwords do." };
  }
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password));
  const effective = length + (kinds.length - 1) * 2;
  if (effective < 18) return { acceptable: true, strength: 0.65, text: "Fair. Longer is better." };
  return { acceptable: true, strength: 1, text: "Strong." };
}
