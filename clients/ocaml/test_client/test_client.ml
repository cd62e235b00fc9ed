let () =
  Alcotest.run "backproof_client"
    [
      ("sending", Sending.cases);
      ("answers", Answers.cases);
      ("checks", Checks.cases);
      ("asking again", Asking_again.cases);
      ("waiting", Waits.cases);
      ("remote", Remotes.cases);
      ("sockets", Sockets.cases);
    ]
