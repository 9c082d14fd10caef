// A Raspberry Pi 3 whose kernel keeps the outputs of a process that has ended, as Raspberry Pi's own kernels do.
import { testBoard } from "./raspi3b.ts";

testBoard(true);
