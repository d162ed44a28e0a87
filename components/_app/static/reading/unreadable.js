/** A cell cannot be read; its message is the key of the text that says why. */
export class UnreadableCell extends Error {}
