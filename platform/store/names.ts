/** A name of a task or of a schedule: a part of paths, where `.` and `..` lead elsewhere. */
export const NAME = /^(?!\.{1,2}$).{1,200}$/su;
