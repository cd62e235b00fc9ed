(** The client of a Backproof service.

    {!Client} makes every call, {!Remote} is the local API over it. *)

module Client = Client
module Remote = Remote

(** {1 What is asked} *)

module Net = Net
module Data = Data
module Optimizer = Optimizer
module Choice = Choice
module Previous = Previous

(** {1 What is answered} *)

module Job = Job
module Weights = Weights
module Metrics = Metrics
module Twins = Twins
module Gradients = Gradients
module Gradient_report = Gradient_report
module Test_point = Test_point
module Derivation = Derivation
module Predictions = Predictions
module Dataset = Dataset
module Capabilities = Capabilities

(** {1 What goes wrong} *)

module Error = Error
module Problem = Problem

(** {1 How it is sent} *)

module Transport = Transport
module Clock = Clock
