/** Specs as people write them: an object that needs nothing but its type may be that type alone. */

/** A value whose fields may be written short. */
export type Fields<T> = { [Field in keyof T]: Short<T[Field]> };
/** A value in which the type of an object that needs nothing else may stand for the object. */
type Short<T> = T extends { type: infer Type extends string }
  ? ({ type: Type } extends T ? Type : never) | Fields<T>
  : T extends object
    ? Fields<T>
    : T;
