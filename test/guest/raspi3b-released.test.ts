// A Raspberry Pi 3 whose kernel releases the outputs of a process that has ended.
import { testBoard } from "./raspi3b.ts";

testBoard(false);
