let () =
  Alcotest.run "backproof"
    [
      ("reference vectors", Test_vectors.suite);
      ("Mat and Json", Test_mat.suite);
      ("Activation and Loss", Test_activation.suite);
      ("Network", Test_network.suite);
      ("Backprop", Test_backprop.suite);
      ("Train", Test_train.suite);
      ("Judge", Test_judge.suite);
    ]
