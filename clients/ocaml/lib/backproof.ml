module Errors = Errors
module Mat = Mat
module Activation = Activation
module Loss = Loss
module Init = Init
module Layer = Layer
module Network = Network
module Backprop = Backprop
module Train = Train

exception Shape_mismatch = Errors.Shape_mismatch
