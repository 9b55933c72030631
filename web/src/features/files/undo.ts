/** What Ctrl+Z takes back: the inverse of each change, newest last. */
interface Undoable {
  label: string;
  run: () => Promise<void>;
}

const DEPTH = 50;
const stack: Undoable[] = [];

export function pushUndo(undoable: Undoable): Undoable {
  stack.push(undoable);
  if (stack.length > DEPTH) stack.shift();
  return undoable;
}

/** Runs one inverse, the newest unless told which. Each runs once. */
export async function undo(which = stack.at(-1)): Promise<string | null> {
  if (which === undefined || !stack.includes(which)) return null;
  stack.splice(stack.indexOf(which), 1);
  await which.run();
  return which.label;
}

export function forgetUndo(): void {
  stack.length = 0;
}
