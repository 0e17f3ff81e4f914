"""What people see: values in, Block Kit out, and each form beside the code that reads it. Pure."""
